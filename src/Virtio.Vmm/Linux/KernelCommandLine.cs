using System.Globalization;
using Virtio.Devices;
using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Linux;

/// <summary>Makes the kernel's command line from a machine's options.</summary>
internal static class KernelCommandLine
{
    /// <summary>
    /// The most bytes of a command line that riscv64 and x86-64 kernels keep (COMMAND_LINE_SIZE), with the terminating zero.
    /// </summary>
    public const int Capacity = 2048;

    private const string EarlyConsole = "earlycon";
    private const string LogLevel = "loglevel";

    /// <summary>
    /// The software machine's parameters, then the user's own. The early console is there for a kernel that has too little memory and dies
    /// before it has another console.
    /// </summary>
    public static string ForRiscv(MicroVmOptions options) =>
        Join(options.UseDefaultCommandLine ? $"{EarlyConsole}=sbi {Common(options)}" : "", options.CommandLine);

    /// <summary>
    /// The KVM machine's parameters, then the user's own. Devices are among them only if the kernel cannot find them in another way.
    /// The early console is the serial port. The kernel's driver prints all of its text again, so it is there only while the kernel prints
    /// nothing but errors.
    /// </summary>
    public static string ForX86(MicroVmOptions options) => Join(
        options.UseDefaultCommandLine && !Has(options, LogLevel) && !Has(options, EarlyConsole)
            ? $"quiet {EarlyConsole}=uart8250,io,0x{X86BoardLayout.SerialPort:x}"
            : "",
        options.UseDefaultCommandLine ? Common(options) : "",
        options.DeviceDiscovery == MicroVmDeviceDiscovery.CommandLine
            ? string.Join(' ', Enumerable.Range(0, options.Devices.Count).Select(Device))
            : "",
        options.CommandLine);

    /// <summary>
    /// Whether the serial port's driver will repeat the text of the early console: the kernel omits that only for its main console.
    /// If the user's command line has an early console, its text is shown as it comes.
    /// </summary>
    public static bool RepeatsFirmwareText(MicroVmOptions options) =>
        options.UseDefaultCommandLine && HasConsoleDevice(options) && !Has(options, EarlyConsole);

    private static bool Has(MicroVmOptions options, string parameter) => options.CommandLine.Contains(parameter, StringComparison.Ordinal);

    // The kernel gives the last console to init. A kernel without a driver for the serial port still has the other console.
    private static string Common(MicroVmOptions options) =>
        $"console=ttyS0{(HasConsoleDevice(options) ? " console=hvc0" : "")} quiet panic=-1";

    private static string Device(int device)
    {
        ulong address = X86BoardLayout.VirtioAddress + (ulong)device * X86BoardLayout.VirtioStride;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"virtio_mmio.device=0x{X86BoardLayout.VirtioStride:x}@0x{address:x}:{X86BoardLayout.VirtioInterrupt(device)}");
    }

    private static string Join(params ReadOnlySpan<string> parts)
    {
        var line = "";
        foreach (var part in parts)
            line += part.Length > 0 && line.Length > 0 ? $" {part}" : part;
        return line;
    }

    private static bool HasConsoleDevice(MicroVmOptions options) => options.Devices.Any(device => device.Id == DeviceId.Console);
}
