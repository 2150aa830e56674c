using System.Runtime.InteropServices;
using Virtio.Kvm.Interop;
using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed partial class RequestExitTests
{
    private const int Requests = 10_000;

    // SIGWINCH.
    private const int WindowChange = 28;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Guests that never exit, guests that always exit, and guests that wait in the kernel.</summary>
    public static TheoryData<string, GuestRing, bool> Guests => new()
    {
        { "1: jmp 1b", GuestRing.User, false },
        { "1: out 0x10, al; jmp 1b", GuestRing.Kernel, false },
        { "1: cli; hlt; jmp 1b", GuestRing.Kernel, true },
    };

    [Theory]
    [MemberData(nameof(Guests))]
    public void A_request_before_the_run_ends_it_at_once(string code, GuestRing ring, bool withInterruptController)
    {
        using var guest = BareMetalGuest.Create(code, ring, withInterruptController);

        for (int i = 0; i < Requests; i++)
        {
            guest.Vcpu.RequestExit();
            Assert.Equal(KvmExitReason.Interrupted, guest.Vcpu.Run());
        }
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public void No_request_from_another_thread_is_lost(string code, GuestRing ring, bool withInterruptController)
    {
        using var guest = BareMetalGuest.Create(code, ring, withInterruptController);
        using var vcpu = new RunningVcpu(guest.Vcpu, askers: 1);
        var random = new Random(1);

        // With the random waits a request comes before, during or after the entry.
        for (int i = 0; i < Requests; i++)
        {
            vcpu.Interrupt(0);
            Thread.SpinWait(random.Next(200));
        }
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public void No_request_is_lost_among_those_of_several_threads(string code, GuestRing ring, bool withInterruptController)
    {
        const int askers = 4;
        using var guest = BareMetalGuest.Create(code, ring, withInterruptController);
        using var vcpu = new RunningVcpu(guest.Vcpu, askers);
        var failures = new Exception?[askers];
        Thread[] threads = [.. Enumerable.Range(0, askers).Select(asker => new Thread(() => failures[asker] = Record.Exception(() =>
        {
            for (int i = 0; i < Requests / askers; i++)
                vcpu.Interrupt(asker);
        })))];

        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.All(failures, Assert.Null);
    }

    [Fact]
    public void Requests_that_were_served_interrupt_nothing_later()
    {
        using var guest = BareMetalGuest.Create("1: out 0x10, al; jmp 1b");
        guest.Vcpu.RequestExit();
        guest.Vcpu.RequestExit();

        Assert.Equal(KvmExitReason.Interrupted, guest.Vcpu.Run());
        Assert.Equal(KvmExitReason.Port, guest.Vcpu.Run());
    }

    [Fact]
    public void A_request_is_kept_while_an_access_is_completed()
    {
        using var guest = BareMetalGuest.Create("1: out 0x10, al; jmp 1b");
        guest.RunTo(KvmExitReason.Port);
        guest.Vcpu.RequestExit();

        Assert.Equal(KvmExitReason.Interrupted, guest.Vcpu.CompleteExit());
        Assert.Equal(KvmExitReason.Interrupted, guest.Vcpu.Run());
        Assert.Equal(KvmExitReason.Port, guest.Vcpu.Run());
    }

    [Fact]
    public void A_signal_that_means_something_else_is_an_interruption_too()
    {
        using PosixSignalRegistration handled = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => { });
        using var guest = BareMetalGuest.Create("1: inc qword ptr [0x100000]; jmp 1b", GuestRing.User);
        nint id = 0;
        var reason = KvmExitReason.Unknown;
        var vcpu = new Thread(() =>
        {
            id = ExitSignal.CurrentThread;
            reason = guest.Vcpu.Run();
        });
        vcpu.Start();
        Assert.True(SpinWait.SpinUntil(() => guest.ReadData() != 0, Limit));

        Assert.Equal(0, Kill(id, WindowChange));

        Assert.True(vcpu.Join(Limit));
        Assert.Equal(KvmExitReason.Interrupted, reason);
    }

    [Fact]
    public void A_collection_of_garbage_does_not_wait_for_the_guest()
    {
        using var guest = BareMetalGuest.Create("1: jmp 1b", GuestRing.User);
        using var vcpu = new RunningVcpu(guest.Vcpu, askers: 1);

        for (int i = 0; i < 20; i++)
        {
            vcpu.Interrupt(0);
            GC.Collect();
        }
    }

    [Fact]
    public void Runs_and_requests_allocate_nothing()
    {
        using var guest = BareMetalGuest.Create("1: out 0x10, al; jmp 1b");
        RunAndRequest(guest, 100);

        long before = GC.GetAllocatedBytesForCurrentThread();
        RunAndRequest(guest, 1000);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [LibraryImport("libc", EntryPoint = "pthread_kill")]
    private static partial int Kill(nint thread, int signal);

    private static void RunAndRequest(BareMetalGuest guest, int times)
    {
        int written = 0;
        for (int i = 0; i < times; i++)
        {
            if (guest.Vcpu.Run() == KvmExitReason.Port)
                written += guest.Vcpu.Port.Data.Length;
            guest.Vcpu.RequestExit();
            guest.Vcpu.Run();
        }

        Assert.True(written > 0);
    }
}
