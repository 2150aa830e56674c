using System.Runtime.Versioning;
using Virtio.Devices.Block;
using Virtio.Linux;
using Virtio.Storage;
using Virtio.Vmm;

namespace Virtio.Bench.Native;

/// <summary>
/// A process of its own that runs the bare-metal guest, for disks that the <c>virtio</c> command does not have. It is started by the suite, not by a person.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class NativeHost
{
    internal const string Verb = "native-host";

    internal const string NullDisk = "null";

    internal const string Mapped = ",mapped";

    internal const long MemorySize = 256L << 20;

    internal static async Task<int> RunAsync(string kernel, string disk, string commandLine)
    {
        IBlockStorage storage = disk switch
        {
            NullDisk => new NullStorage(1L << 30),
            _ when disk.EndsWith(Mapped, StringComparison.Ordinal) => MappedFileStorage.Open(disk[..^Mapped.Length]),
            _ => FileStorage.Open(disk),
        };
        await using Stream console = Console.OpenStandardOutput();
        MicroVmExit exit = await MicroVm.RunAsync(new MicroVmOptions
        {
            Machine = MicroVmMachine.Kvm,
            Kernel = kernel,
            UseDefaultCommandLine = false,
            CommandLine = commandLine,
            MemorySize = MemorySize,
            Devices = [new BlockDevice(storage)],
            SerialOutput = console,
        });

        // The guest resets its machine with interrupts off, as a kernel does that panicked.
        if (exit is { Reason: MicroVmExitReason.Reboot } or { Reason: MicroVmExitReason.Panic, Detail: null or "" })
            return 0;
        await Console.Error.WriteLineAsync($"the guest ended: {exit.Reason} {exit.Detail}");
        return 1;
    }
}
