using System.IO.Pipelines;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Vmm.Tests.Machines;

namespace Virtio.Vmm.Tests.Boards.X86;

/// <summary>
/// A disposed machine on KVM leaves nothing behind. Runs while no other test runs, because it would count other tests' machines.
/// </summary>
[Collection(nameof(X86ResourceTests))]
[CollectionDefinition(nameof(X86ResourceTests), DisableParallelization = true)]
public sealed class X86ResourceTests
{
    private const long MemorySize = 1L << 30;

    [Fact]
    public async Task Fifty_machines_leave_no_thread_mapping_or_descriptor()
    {
        byte[][] kernels =
        [
            X86Assembly.Assemble("off"),
            X86Assembly.Assemble("ud2"),
            X86Assembly.AssembleUser("1: jmp 1b"),
            X86Assembly.Assemble("sti; 1: hlt; jmp 1b"),
        ];

        // The first machines allocate what stays for good: the pool's threads, the allocator's arenas, compiled code.
        for (var i = 0; i < 10; i++)
            await RunAsync(kernels, i);
        var before = ProcessResources.CountSettled();

        for (var i = 0; i < 50; i++)
            await RunAsync(kernels, i);

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
    private static async Task RunAsync(byte[][] kernels, int number)
    {
        X86Machine.RequireKvm();
        var kind = number % kernels.Length;
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Machine = MicroVmMachine.Kvm,
            Kernel = kernels[kind],
            MemorySize = MemorySize,
            ProcessorCount = 1 + kind,
            Devices =
            [
                new ConsoleDevice(new ConsoleDeviceOptions { Input = new Pipe().Reader.AsStream(), Output = Stream.Null }),
                new EntropyDevice(),
            ],
            SerialInput = new Pipe().Reader.AsStream(),
            SerialOutput = Stream.Null,
        });
        if (kind < 2)
            await vm.WaitForExitAsync().WaitAsync(X86Machine.TimeLimit);
    }

    /// <summary>Runs a machine that fails after its KVM machine was made, and one that fails after its processors were made.</summary>
    private static async Task FailAsync()
    {
        X86Machine.RequireKvm();
        var early = new DisposalCounter { QueuesFailure = new InvalidOperationException("no queues today") };
        await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(early));
        var late = new DisposalCounter();
        await Assert.ThrowsAsync<BootException>(() => StartAsync(late));

        Assert.Equal((1, 1), (early.Disposals, late.Disposals));
    }

    private static Task<MicroVm> StartAsync(DisposalCounter device) => MicroVm.StartAsync(new MicroVmOptions
    {
        Machine = MicroVmMachine.Kvm,
        Kernel = new byte[] { 1, 2, 3 },
        MemorySize = MemorySize,
        ProcessorCount = 3,
        Devices = [device],
        SerialInput = new Pipe().Reader.AsStream(),
    });
}
