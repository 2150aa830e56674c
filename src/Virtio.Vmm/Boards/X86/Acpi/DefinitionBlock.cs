using System.Globalization;

namespace Virtio.Vmm.Boards.X86.Acpi;

/// <summary>The definition block, DSDT (ACPI 6.5, 5.2.11.1): the devices that a kernel cannot enumerate, and how to power off.</summary>
internal static class DefinitionBlock
{
    private const byte Revision = 2; // integers of 64 bits
    private const byte SerialPortCount = 8;

    /// <summary>The table.</summary>
    public static byte[] Make(int deviceCount)
    {
        byte[][] devices =
        [
            SerialPort(),
            .. Enumerable.Range(0, deviceCount).Select(device => VirtioDevice(device, IsShared(device, deviceCount))),
        ];
        byte[] sleepType = Aml.Integer(X86BoardLayout.PowerOffSleepType);
        byte[] powerOff = Aml.Name("\\_S5", Aml.Package(sleepType, Aml.Integer(0)));
        return AcpiTable.Make("DSDT"u8, Revision, Aml.Join([Aml.Scope("\\_SB", devices), powerOff]));
    }

    private static bool IsShared(int device, int deviceCount) =>
        Enumerable.Range(0, deviceCount)
            .Count(other => X86BoardLayout.VirtioInterrupt(other) == X86BoardLayout.VirtioInterrupt(device)) > 1;

    private static byte[] VirtioDevice(int device, bool isShared) => Aml.Device(
        string.Create(CultureInfo.InvariantCulture, $"VR{device:d2}"),
        Aml.Name("_HID", Aml.Text("LNRO0005")), // the ID by which Linux finds virtio-mmio
        Aml.Name("_UID", Aml.Integer((uint)device)),
        Aml.Name("_CCA", Aml.Integer(1)),
        Aml.Name("_CRS", Aml.Resources(
            Aml.Memory32((uint)X86BoardLayout.VirtioAddress + (uint)device * X86BoardLayout.VirtioStride, X86BoardLayout.VirtioStride),
            Aml.EdgeInterrupt(X86BoardLayout.VirtioInterrupt(device), isShared))));

    private static byte[] SerialPort() => Aml.Device(
        "COM1",
        Aml.Name("_HID", Aml.EisaId("PNP0501")),
        Aml.Name("_UID", Aml.Integer(1)),
        Aml.Name("_CRS", Aml.Resources(
            Aml.Ports(X86BoardLayout.SerialPort, SerialPortCount),
            Aml.EdgeInterrupt(X86BoardLayout.SerialInterrupt, isShared: false))));
}
