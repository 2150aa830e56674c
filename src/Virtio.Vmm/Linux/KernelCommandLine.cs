using Virtio.Devices;

namespace Virtio.Vmm.Linux;

/// <summary>Makes the kernel's parameters of a machine's options.</summary>
internal static class KernelCommandLine
{
    /// <summary>What a kernel keeps of its parameters on riscv64 and x86-64 (COMMAND_LINE_SIZE), with the terminating zero.</summary>
    public const int Capacity = 2048;

    /// <summary>The machine's parameters, then the user's own.</summary>
    public static string For(MicroVmOptions options)
    {
        // The last console is the one that init gets; a kernel without a serial driver for the machine's port still has the other.
        var defaults = options.Devices.Any(device => device.Id == DeviceId.Console)
            ? "console=ttyS0 console=hvc0 quiet panic=-1"
            : "console=ttyS0 quiet panic=-1";
        return options.UseDefaultCommandLine ? $"{defaults} {options.CommandLine}".TrimEnd() : options.CommandLine;
    }
}
