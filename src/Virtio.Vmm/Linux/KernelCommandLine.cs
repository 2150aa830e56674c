using Virtio.Devices;

namespace Virtio.Vmm.Linux;

/// <summary>Makes the kernel's parameters of a machine's options.</summary>
internal static class KernelCommandLine
{
    /// <summary>What a kernel keeps of its parameters on riscv64 and x86-64 (COMMAND_LINE_SIZE), with the terminating zero.</summary>
    public const int Capacity = 2048;

    private const string EarlyConsole = "earlycon";

    /// <summary>
    /// The machine's parameters, then the user's own. The early console is there for a kernel that dies before it has another, of too little memory for one.
    /// </summary>
    public static string For(MicroVmOptions options)
    {
        // The last console is the one that init gets; a kernel without a driver for the serial port still has the other.
        var consoles = HasConsoleDevice(options) ? "console=ttyS0 console=hvc0" : "console=ttyS0";
        return options.UseDefaultCommandLine ? $"{EarlyConsole}=sbi {consoles} quiet panic=-1 {options.CommandLine}".TrimEnd() : options.CommandLine;
    }

    /// <summary>
    /// Whether the serial port's driver will print once more what was on the early console: the kernel leaves that out only for its main console. Who asks for
    /// an early console of his own gets its text as it comes.
    /// </summary>
    public static bool RepeatsFirmwareText(MicroVmOptions options) =>
        options.UseDefaultCommandLine && HasConsoleDevice(options) && !options.CommandLine.Contains(EarlyConsole, StringComparison.Ordinal);

    private static bool HasConsoleDevice(MicroVmOptions options) => options.Devices.Any(device => device.Id == DeviceId.Console);
}
