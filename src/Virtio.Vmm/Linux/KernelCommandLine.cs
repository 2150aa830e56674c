using System.Globalization;
using Virtio.Devices;
using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Linux;

/// <summary>Makes the kernel's parameters of a machine's options.</summary>
internal static class KernelCommandLine
{
    /// <summary>What a kernel keeps of its parameters on riscv64 and x86-64 (COMMAND_LINE_SIZE), with the terminating zero.</summary>
    public const int Capacity = 2048;

    private const string EarlyConsole = "earlycon";
    private const string LogLevel = "loglevel";

    /// <summary>
    /// The software machine's parameters, then the user's own. The early console is there for a kernel that dies before it has another, of too little memory
    /// for one.
    /// </summary>
    public static string ForRiscv(MicroVmOptions options) => Join(options.UseDefaultCommandLine ? $"{EarlyConsole}=sbi {Common(options)}" : "", options.CommandLine);

    /// <summary>
    /// The KVM machine's parameters, then the user's own. Devices are among them only where the kernel has no other way to find them. The early console is the
    /// serial port, on which the kernel's driver prints all of it again: it is there only as long as the kernel says nothing but what went wrong.
    /// </summary>
    public static string ForX86(MicroVmOptions options) => Join(
        options.UseDefaultCommandLine && !Has(options, LogLevel) && !Has(options, EarlyConsole) ? $"quiet {EarlyConsole}=uart8250,io,0x{X86BoardLayout.SerialPort:x}" : "",
        options.UseDefaultCommandLine ? Common(options) : "",
        options.DeviceDiscovery == MicroVmDeviceDiscovery.CommandLine ? string.Join(' ', Enumerable.Range(0, options.Devices.Count).Select(Device)) : "",
        options.CommandLine);

    /// <summary>
    /// Whether the serial port's driver will print once more what was on the early console: the kernel leaves that out only for its main console. Who asks for
    /// an early console of his own gets its text as it comes.
    /// </summary>
    public static bool RepeatsFirmwareText(MicroVmOptions options) =>
        options.UseDefaultCommandLine && HasConsoleDevice(options) && !Has(options, EarlyConsole);

    private static bool Has(MicroVmOptions options, string parameter) => options.CommandLine.Contains(parameter, StringComparison.Ordinal);

    // The last console is the one that init gets; a kernel without a driver for the serial port still has the other.
    private static string Common(MicroVmOptions options) => $"console=ttyS0{(HasConsoleDevice(options) ? " console=hvc0" : "")} quiet panic=-1";

    private static string Device(int device) => string.Create(
        CultureInfo.InvariantCulture,
        $"virtio_mmio.device=0x{X86BoardLayout.VirtioStride:x}@0x{X86BoardLayout.VirtioAddress + (ulong)device * X86BoardLayout.VirtioStride:x}:{X86BoardLayout.VirtioInterrupt(device)}");

    private static string Join(params ReadOnlySpan<string> parts)
    {
        var line = "";
        foreach (var part in parts)
            line += part.Length > 0 && line.Length > 0 ? $" {part}" : part;
        return line;
    }

    private static bool HasConsoleDevice(MicroVmOptions options) => options.Devices.Any(device => device.Id == DeviceId.Console);
}
