// Runs a bare-metal guest on the KVM machine, even if `virtio run` would not accept that KVM, with a file or nothing as its disk.
// Compiled ahead of time, as the command is. The benchmarks start it, not a user.
using System.Globalization;
using System.Runtime.Versioning;
using Virtio.Bench.Host;
using Virtio.Devices.Block;
using Virtio.Linux;
using Virtio.Storage;
using Virtio.VhostUser;
using Virtio.Vmm;

[assembly: SupportedOSPlatform("linux")]

const string Mapped = ",mapped";

if (args is ["serve", var socket, "null", var queues])
{
    var options = new BlockDeviceOptions { Queues = int.Parse(queues, CultureInfo.InvariantCulture) };
    var served = new BlockDevice(new NullStorage(1L << 30), options);
    await using VhostUserServer server = VhostUserServer.Listen(served, socket, new VhostUserServerOptions { Packed = true });
    await server.Completion;
    return 0;
}

if (args is not [var kernel, var disk, var commandLine])
{
    Console.Error.WriteLine("usage: KERNEL null|FILE[,mapped] PARAMETERS, or serve SOCKET null QUEUES");
    return 1;
}

IBlockStorage storage = disk switch
{
    "null" => new NullStorage(1L << 30),
    _ when disk.EndsWith(Mapped, StringComparison.Ordinal) => MappedFileStorage.Open(disk[..^Mapped.Length]),
    _ => FileStorage.Open(disk),
};
await using Stream console = Console.OpenStandardOutput();
await using MicroVm vm = await MicroVm.StartAsync(new MicroVmOptions
{
    Machine = MicroVmMachine.Kvm,
    Kernel = kernel,
    UseDefaultCommandLine = false,
    CommandLine = commandLine,
    MemorySize = 256L << 20,
    Devices = [new BlockDevice(storage)],
    SerialOutput = console,
});
TimeSpan ready = Environment.CpuUsage.TotalTime;
MicroVmExit exit = await vm.WaitForExitAsync();
Console.Error.WriteLine(FormattableString.Invariant($"ready after {ready.TotalMilliseconds:F2} ms of processor time"));

// The guest resets its machine with interrupts off, as a kernel does after a panic.
if (exit.Reason == MicroVmExitReason.Reboot || exit is { Reason: MicroVmExitReason.Panic, Detail: null })
    return 0;
Console.Error.WriteLine($"the guest ended: {exit.Reason} {exit.Detail}");
return 1;
