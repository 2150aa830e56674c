using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed class LifetimeTests
{
    private const string Forever = "1: jmp 1b";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_disposed_vCPU_refuses_everything_but_requests_and_disposal()
    {
        using var guest = BareMetalGuest.Create(Forever);
        KvmVcpu vcpu = guest.Vcpu;

        vcpu.Dispose();

        vcpu.Dispose();
        vcpu.RequestExit();
        Assert.Throws<ObjectDisposedException>(() => vcpu.Run());
        Assert.Throws<ObjectDisposedException>(() => vcpu.GetRegisters());
        Assert.Throws<ObjectDisposedException>(() => vcpu.SetRegisters(default));
        Assert.Throws<ObjectDisposedException>(() => vcpu.SetLocalApic(new byte[KvmVcpu.LocalApicLength]));
    }

    [Fact]
    public void A_disposed_machine_takes_its_vCPUs_with_it()
    {
        using var guest = BareMetalGuest.Create(Forever);

        guest.Vm.Dispose();

        guest.Vm.Dispose();
        Assert.Throws<ObjectDisposedException>(() => guest.Vcpu.Run());
        Assert.Throws<ObjectDisposedException>(() => guest.Vm.CreateVcpu(1));
        Assert.Throws<ObjectDisposedException>(() => guest.Vm.SetInterruptLine(5, true));
    }

    [Fact]
    public void A_machine_lives_on_after_the_system_is_disposed()
    {
        using KvmSystem system = Host.OpenKvm();
        using KvmVm vm = system.CreateVm();

        system.Dispose();

        system.Dispose();
        using KvmVcpu vcpu = vm.CreateVcpu(0);
        Assert.Throws<ObjectDisposedException>(() => system.CreateVm());
    }

    [Fact]
    public void What_an_exit_said_can_be_read_after_disposal()
    {
        using var guest = BareMetalGuest.Create("mov eax, 0x11223344; mov [0xd0000000], eax; 1: jmp 1b");
        guest.RunTo(KvmExitReason.Mmio);
        KvmMmioExit mmio = guest.Vcpu.Mmio;

        guest.Vm.Dispose();

        Assert.Equal([0x44, 0x33, 0x22, 0x11], mmio.Data.ToArray());
        Assert.Equal(0xd0000000, guest.Vcpu.Mmio.Address);
    }

    [Fact]
    public void Another_thread_cannot_run_a_vCPU_that_runs()
    {
        using var guest = BareMetalGuest.Create("1: inc qword ptr [0x100000]; jmp 1b", GuestRing.User);
        var thread = new Thread(() => guest.Vcpu.Run());
        thread.Start();
        Assert.True(SpinWait.SpinUntil(() => guest.ReadData() != 0, Limit));

        Assert.Throws<InvalidOperationException>(() => guest.Vcpu.Run());

        guest.Vcpu.RequestExit();
        Assert.True(thread.Join(Limit));
    }

    [Fact]
    public void Threads_may_run_a_vCPU_one_after_the_other()
    {
        using var guest = BareMetalGuest.Create("1: out 0x10, al; jmp 1b");
        for (int i = 0; i < 20; i++)
        {
            var reason = KvmExitReason.Unknown;
            var thread = new Thread(() => reason = BareMetalGuest.Run(guest.Vcpu));
            thread.Start();
            Assert.True(thread.Join(Limit));
            Assert.Equal(KvmExitReason.Port, reason);
        }
    }

    [Fact]
    public void Disposing_ends_a_run_that_goes_on()
    {
        for (int i = 0; i < 20; i++)
        {
            using var guest = BareMetalGuest.Create(Forever, GuestRing.User);
            using var entered = new ManualResetEventSlim();
            Exception? end = null;
            var thread = new Thread(() => end = Record.Exception(() => RunForever(guest.Vcpu, entered)));
            thread.Start();
            entered.Wait();

            guest.Vm.Dispose();

            Assert.True(thread.Join(Limit));
            Assert.IsType<ObjectDisposedException>(end);
        }
    }

    [Fact]
    public void The_guest_does_not_run_any_more_when_disposal_returns_to_whoever_asked_for_it()
    {
        using var guest = BareMetalGuest.Create("1: inc qword ptr [0x100000]; jmp 1b", GuestRing.User);
        using var entered = new ManualResetEventSlim();
        var vcpu = new Thread(() => Record.Exception(() => RunForever(guest.Vcpu, entered)));
        vcpu.Start();
        Assert.True(SpinWait.SpinUntil(() => guest.ReadData() != 0, Limit));
        bool[] wentOn = new bool[2];
        Thread[] disposers = [.. Enumerable.Range(0, wentOn.Length).Select(i => new Thread(() =>
        {
            guest.Vcpu.Dispose();
            ulong count = guest.ReadData();
            Thread.SpinWait(10_000);
            wentOn[i] = count != guest.ReadData();
        }))];

        Array.ForEach(disposers, disposer => disposer.Start());

        Assert.All(disposers, disposer => Assert.True(disposer.Join(Limit)));
        Assert.Equal([false, false], wentOn);
        Assert.True(vcpu.Join(Limit));
    }

    // A signal that reaches a thread after its run would end this process.
    [Fact]
    public void Requests_while_threads_end_and_vCPUs_are_disposed_do_no_harm()
    {
        using KvmSystem system = Host.OpenKvm();
        using var over = new CancellationTokenSource();
        KvmVcpu? current = null;
        var asker = new Thread(() =>
        {
            while (!over.IsCancellationRequested)
                Volatile.Read(ref current)?.RequestExit();
        });
        asker.Start();
        for (int i = 0; i < 60; i++)
        {
            using var guest = BareMetalGuest.Create(Forever, GuestRing.User);
            Volatile.Write(ref current, guest.Vcpu);
            var thread = new Thread(() => guest.Vcpu.Run());
            thread.Start();
            Assert.True(thread.Join(Limit));
        }

        over.Cancel();
        Assert.True(asker.Join(Limit));
    }

    private static void RunForever(KvmVcpu vcpu, ManualResetEventSlim entered)
    {
        entered.Set();
        for (; ; )
            vcpu.Run();
    }
}
