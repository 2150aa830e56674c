using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Machine;

/// <summary>Starting, waiting, stopping, and what is left afterwards.</summary>
[Collection(ProcessorsOfTheHost.Name)]
public sealed class LifetimeTests
{
    [Theory]
    [InlineData("1: j 1b")]
    [InlineData("1: wfi\n j 1b")]
    [InlineData("csrw stvec, x0\n ebreak")]
    [InlineData("1: ecall\n j 1b")]
    public void A_stop_ends_whatever_the_guest_does(string loop)
    {
        using Guest guest = new("_start: " + loop, 3);
        guest.Start();
        guest.Machine.RequestStop();
        Assert.Equal(RiscvStopReason.Stopped, guest.WaitForStop(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Hart_zero_starts_with_its_number_and_the_device_tree()
    {
        using Guest guest = new("""
            _start:
                mv s1, a0
                mv s2, a1
                csrr s3, satp
                csrr s4, sstatus
                finish
            """);
        guest.Start(0x8040_0000);
        guest.WaitForStop(TimeSpan.FromSeconds(10));
        Assert.Equal((0UL, 0x8040_0000UL, 0UL), (guest["s1"], guest["s2"], guest["s3"]));
        Assert.Equal(0UL, guest["s4"] & 2);
    }

    [Fact]
    public void Disposing_leaves_no_thread()
    {
        using (Guest warm = new("_start: wfi\n j _start", 8))
            warm.Start();
        for (int i = 0; i < 20; i++)
        {
            using Guest guest = new("_start: wfi\n j _start", 8);
            guest.Start();
        }

        // The host may list a joined thread for a moment longer.
        Assert.True(
            SpinWait.SpinUntil(
                () => !ThreadNames().Any(name => name.StartsWith("riscv-hart", StringComparison.Ordinal)), TimeSpan.FromSeconds(5)),
            "A hart's thread is still there.");
    }

    [Fact]
    public void A_machine_that_never_started_completes_when_disposed()
    {
        Guest guest = new("_start: j _start");
        guest.Dispose();
        Assert.True(guest.Machine.Completion.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_bus_that_throws_stops_the_machine_with_a_fault()
    {
        using Guest guest = new("_start: li t0, 0x10000000\n lw a0, 0(t0)\n 1: j 1b", 2, new ThrowingBus());
        Assert.Equal(RiscvStopReason.Fault, guest.RunOnThreads());
        Assert.IsType<InvalidOperationException>(guest.Machine.Failure);
    }

    [Fact]
    public void An_external_interrupt_wakes_a_waiting_hart()
    {
        using Guest guest = new("""
            _start:
                li t0, 0x200
                csrw sie, t0
            1:  wfi
                csrr t0, sip
                beqz t0, 1b
                finish
            """);
        guest.Start();
        guest.Machine.SetExternalInterrupt(0, true);
        guest.WaitForStop(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(5_000)]
    [InlineData(100_000)]
    public void The_timer_ends_a_wait_and_not_before_its_time(int ticks)
    {
        using Guest guest = new($"""
            _start:
                li t0, 0x20
                csrw sie, t0
                rdtime s1
                li t0, {ticks}
                add s2, s1, t0
                csrw 0x14D, s2
            1:  wfi
                csrr t0, sip
                beqz t0, 1b
                rdtime s3
                finish
            """);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
        Assert.True(guest["s3"] >= guest["s2"]);
    }

    [Fact]
    public void A_timer_interrupts_a_busy_hart()
    {
        using Guest guest = new("""
            _start:
                handler 2f
                rdtime t0
                li t1, 20000
                add t0, t0, t1
                csrw 0x14D, t0
                li t0, 0x20
                csrw sie, t0
                csrsi sstatus, 2
            1:  j 1b
                .balign 4
            2:  csrr s1, scause
                finish
            """);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
        Assert.Equal(0x8000_0000_0000_0005UL, guest["s1"]);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => new RiscvMachine(new RiscvMachineOptions { Memory = [], HartCount = 9 }));
        Assert.ThrowsAny<ArgumentException>(() => new RiscvMachine(new RiscvMachineOptions { Memory = [], HartCount = 0 }));
        Assert.ThrowsAny<ArgumentException>(
            () => new RiscvMachine(new RiscvMachineOptions { Memory = [new RiscvMemoryRegion(0x800, 8, 4096)] }));
        Assert.ThrowsAny<ArgumentException>(
            () => new RiscvMachine(
                new RiscvMachineOptions { Memory = [new RiscvMemoryRegion(0, 8, 8192), new RiscvMemoryRegion(4096, 8, 4096)] }));
    }

    private static IEnumerable<string> ThreadNames() =>
        Directory.Exists("/proc/self/task")
            ? Directory.GetDirectories("/proc/self/task").Select(ReadName)
            : [];

    private static string ReadName(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private sealed class ThrowingBus : IRiscvBus
    {
        public bool TryRead(ulong address, int size, out ulong value) => throw new InvalidOperationException("broken");

        public bool TryWrite(ulong address, int size, ulong value) => true;
    }
}
