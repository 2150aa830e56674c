using System.Runtime.InteropServices;
using Virtio.Devices;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm;

/// <summary>Checks a machine's options before anything is created.</summary>
internal static class MicroVmValidation
{
    private const long MemoryGranularity = 2L << 20;

    /// <summary>Throws for the first invalid option.</summary>
    /// <returns>The kind of machine that the options lead to.</returns>
    public static MicroVmMachine Check(MicroVmOptions options)
    {
        CheckAlone(options);
        var machine = options.Machine == MicroVmMachine.Auto
            ? MicroVmMachineChoice.For(options.Machine, options.Kernel).Machine
            : options.Machine;
        CheckFor(machine, options);
        return machine;
    }

    private static void CheckAlone(MicroVmOptions options)
    {
        ArgumentNullException.ThrowIfNull(options.Kernel);
        ArgumentNullException.ThrowIfNull(options.Initrd);
        ArgumentNullException.ThrowIfNull(options.CommandLine);
        ArgumentNullException.ThrowIfNull(options.Devices);
        ArgumentNullException.ThrowIfNull(options.Logger);
        Require(Enum.IsDefined(options.Machine), nameof(options.Machine), $"there is no machine {options.Machine}");
        Require(
            options.MemorySize is >= MicroVmOptions.MinMemorySize and <= MicroVmOptions.MaxMemorySize
                && options.MemorySize % MemoryGranularity == 0,
            nameof(options.MemorySize), $"memory is 64 MiB to 16 GiB, in steps of 2 MiB; this is {options.MemorySize} bytes");
        Require(
            options.ProcessorCount is >= 1 and <= MicroVmOptions.MaxProcessorCount,
            nameof(options.ProcessorCount), $"there are 1 to {MicroVmOptions.MaxProcessorCount} processors, not {options.ProcessorCount}");
        Require(
            options.Devices.Count <= MicroVmOptions.MaxDeviceCount,
            nameof(options.Devices), $"there are at most {MicroVmOptions.MaxDeviceCount} devices, not {options.Devices.Count}");
        for (var i = 0; i < options.Devices.Count; i++)
            CheckDevice(options.Devices, i);
        Require(
            options.StopLimit > TimeSpan.Zero || options.StopLimit == Timeout.InfiniteTimeSpan,
            nameof(options.StopLimit), $"the limit of a stop is more than zero, or Timeout.InfiniteTimeSpan; this is {options.StopLimit}");
        Require(
            options.Initrd.All(source => source is not null),
            nameof(options.Initrd), $"initial ramdisk {options.Initrd.ToList().IndexOf(null!)} is null");
        Require(Enum.IsDefined(options.DeviceDiscovery), nameof(options.DeviceDiscovery),
            $"there is no way {options.DeviceDiscovery} to find devices");
    }

    private static void CheckDevice(IReadOnlyList<IVirtioDevice> devices, int index)
    {
        Require(devices[index] is not null, nameof(MicroVmOptions.Devices), $"device {index} is null");
        var first = devices.TakeWhile(device => !ReferenceEquals(device, devices[index])).Count();
        Require(
            first == index,
            nameof(MicroVmOptions.Devices),
            $"devices {first} and {index} are the same object, a {devices[index].GetType().Name}: each place needs a device of its own");
    }

    private static void CheckFor(MicroVmMachine machine, MicroVmOptions options)
    {
        var isSoftware = machine == MicroVmMachine.Software;
        if (!isSoftware && !(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64))
        {
            throw new PlatformNotSupportedException(
                $"the KVM machine runs on Linux on x86-64 only; this is {RuntimeInformation.RuntimeIdentifier}");
        }

        Require(
            !isSoftware || options.ProcessorCount <= MicroVmOptions.MaxSoftwareProcessorCount,
            nameof(options.ProcessorCount),
            $"the software machine has at most {MicroVmOptions.MaxSoftwareProcessorCount} processors, "
            + $"the KVM machine {MicroVmOptions.MaxProcessorCount}; {options.ProcessorCount} were asked for");
        Require(
            !isSoftware || options.DeviceDiscovery == MicroVmDeviceDiscovery.Firmware,
            nameof(options.DeviceDiscovery),
            "the software machine's kernels find their devices in its device tree; parameters for them are for the KVM machine");
        var line = isSoftware ? KernelCommandLine.ForRiscv(options) : KernelCommandLine.ForX86(options);
        Require(
            line.Length < KernelCommandLine.Capacity && line.All(c => c is >= ' ' and < '\x7f'),
            nameof(options.CommandLine),
            $"a command line is at most {KernelCommandLine.Capacity - 1} printable ASCII characters on one line, "
            + "the machine's own parameters included");
    }

    private static void Require(bool condition, string option, string message)
    {
        if (!condition)
            throw new ArgumentException(message, option);
    }
}
