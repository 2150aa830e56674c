using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

/// <summary>Machines free all that they allocate. Runs while no other test runs.</summary>
[Collection(nameof(ResourceTests))]
[CollectionDefinition(nameof(ResourceTests), DisableParallelization = true)]
public sealed class ResourceTests
{
    [Fact]
    public void Fifty_machines_leave_no_descriptor_mapping_or_thread()
    {
        MakeAndRun(5);
        ProcessResources before = ProcessResources.Count();

        MakeAndRun(50);

        AssertNoMoreThan(before);
    }

    [Fact]
    public void What_a_machine_holds_is_counted()
    {
        using KvmSystem system = Host.OpenKvm();
        ProcessResources before = ProcessResources.Count();

        using KvmVm vm = system.CreateVm();
        using KvmVcpu vcpu = vm.CreateVcpu(0);

        ProcessResources after = ProcessResources.Count();
        Assert.Equal((2, 1), (after.Descriptors - before.Descriptors, after.VcpuPages - before.VcpuPages));
    }

    [Fact]
    public void Fifty_probes_leave_nothing_either()
    {
        Probe(5);
        ProcessResources before = ProcessResources.Count();

        Probe(50);

        AssertNoMoreThan(before);
    }

    private static void AssertNoMoreThan(ProcessResources before)
    {
        // The kernel's threads of a machine end a little after it.
        ProcessResources after = default;
        SpinWait.SpinUntil(() => (after = ProcessResources.Count()).Threads <= before.Threads, TimeSpan.FromSeconds(10));
        Assert.Equal((before.Descriptors, before.VcpuPages), (after.Descriptors, after.VcpuPages));
        Assert.True(after.Threads <= before.Threads, $"{after.Threads} threads, {before.Threads} before");
    }

    private static void Probe(int times)
    {
        Host.OpenKvm().Dispose();
        for (int i = 0; i < times; i++)
            KvmProbe.Run();
    }

    private static void MakeAndRun(int times)
    {
        for (int i = 0; i < times; i++)
        {
            using var guest = BareMetalGuest.Create("out 0x10, al; 1: jmp 1b", withInterruptController: true);
            using var signal = new EventDescriptor();
            guest.Vm.CreatePit();
            guest.Vm.AddInterruptEvent(5, signal.Handle);
            guest.Vm.AddIoEvent(new KvmIoEvent(BareMetalGuest.DeviceAddress, 4) { Match = 1 }, signal.Handle);
            KvmVcpu second = guest.AddVcpu(1);
            second.SetMpState(KvmMpState.Runnable);
            var thread = new Thread(() => BareMetalGuest.Run(second));
            thread.Start();
            guest.RunTo(KvmExitReason.Port);
            thread.Join();
        }
    }
}
