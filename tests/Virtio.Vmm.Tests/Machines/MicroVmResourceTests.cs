using System.IO.Pipelines;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>
/// A disposed machine leaves nothing behind. Runs while no other test runs, because it would count other tests' machines.
/// </summary>
[Collection(nameof(MicroVmResourceTests))]
[CollectionDefinition(nameof(MicroVmResourceTests), DisableParallelization = true)]
public sealed class MicroVmResourceTests
{
    private const long MemorySize = 1L << 30;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Fifty_machines_leave_no_thread_mapping_or_descriptor()
    {
        // The first machines allocate what stays for good: the pool's threads, the allocator's arenas, compiled code.
        for (var i = 0; i < 10; i++)
            await RunAsync(i);
        var before = ProcessResources.CountSettled();

        for (var i = 0; i < 50; i++)
            await RunAsync(i);

        before.AssertUnchanged(MemorySize / 2);
    }

    [Fact]
    public async Task Machines_whose_kernel_drives_the_devices_leave_none_either()
    {
        for (var i = 0; i < 2; i++)
            await BootAsync(i);
        var before = ProcessResources.CountSettled();

        for (var i = 0; i < 4; i++)
            await BootAsync(i);

        before.AssertUnchanged(MemorySize / 2);
    }

    [Fact]
    public async Task Machines_that_could_not_be_put_together_leave_none_either()
    {
        await FailAsync();
        var before = ProcessResources.CountSettled();

        for (var i = 0; i < 20; i++)
            await FailAsync();

        before.AssertUnchanged(MemorySize / 2);
    }

    /// <summary>Runs a machine that ends in one of the possible ways.</summary>
    private static async Task RunAsync(int number)
    {
        var keys = new Pipe();
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Kernel = (number % 4) switch { 0 => BareMetal.PowerOff, 1 => BareMetal.Reboot, 2 => BareMetal.Spin, _ => BareMetal.Sleep },
            MemorySize = MemorySize,
            ProcessorCount = 1 + number % 4,
            Devices =
            [
                new ConsoleDevice(new ConsoleDeviceOptions { Input = keys.Reader.AsStream(), Output = Stream.Null }), new EntropyDevice(),
            ],
            SerialInput = new Pipe().Reader.AsStream(),
            SerialOutput = Stream.Null,
        });
        if (number % 4 < 2)
            await vm.WaitForExitAsync().WaitAsync(TimeLimit);
    }

    /// <summary>Runs a machine that fails after its memory and its serial port were made.</summary>
    private static async Task FailAsync()
    {
        var keys = new Pipe();
        var device = new DisposalCounter { QueuesFailure = new InvalidOperationException("no queues today") };
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => MicroVm.StartAsync(new MicroVmOptions
        {
            Kernel = BareMetal.Spin,
            MemorySize = MemorySize,
            Devices = [device],
            SerialInput = keys.Reader.AsStream(),
        }));

        Assert.Equal("no queues today", failure.Message);
        Assert.Equal(1, device.Disposals);

        // A pipe accepts no second reader at a time, so the machine's reader must be gone.
        Assert.False(keys.Reader.TryRead(out _));
    }

    private static async Task BootAsync(int number)
    {
        await using var guest = await StockKernel.BootAsync(MicroVmMachine.Software, memorySize: MemorySize, processorCount: 2);
        if (number % 2 == 0)
            await guest.EndAsync("poweroff");
    }
}
