using System.Diagnostics;
using System.Globalization;
using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Machine;

/// <summary>The processor time that an idle guest costs the host.</summary>
[Collection(ProcessorsOfTheHost.Name)]
public sealed class IdleTests
{
    /// <summary>Four harts wait. One of them wakes a hundred times a second for its timer, as it would for a kernel's tick.</summary>
    [Fact]
    public async Task A_guest_that_waits_costs_less_than_three_percent_of_a_processor()
    {
        Assert.SkipUnless(File.Exists("/proc/self/schedstat"), "This host does not tell the processor time of a thread.");
        using Guest guest = new("""
            _start:
                li s0, 3
            1:  li a7, 0x48534D
                li a6, 0
                mv a0, s0
                la a1, other
                li a2, 0
                ecall
                addi s0, s0, -1
                bnez s0, 1b
                li t0, 0x20
                csrw sie, t0
            2:  rdtime t0
                li t1, 100000
                add t0, t0, t1
                csrw 0x14D, t0
                wfi
                j 2b
            other:
                csrwi sie, 2
            3:  wfi
                j 3b
            """, 4);
        guest.Start();
        TimeSpan span = TimeSpan.FromSeconds(2);
        await Task.Delay(span / 4);
        TimeSpan before = Used();
        Stopwatch watch = Stopwatch.StartNew();
        await Task.Delay(span);
        double share = (Used() - before) / watch.Elapsed;
        Assert.True(share < 0.03, $"It used {share:P1} of a processor.");
    }

    // Counts only the harts' threads, not those of the test runner.
    private static TimeSpan Used()
    {
        const int NanosecondsPerTick = 100;
        long nanoseconds = Directory.GetDirectories("/proc/self/task")
            .Where(task => File.ReadAllText(Path.Combine(task, "comm")).StartsWith("riscv-hart", StringComparison.Ordinal))
            .Sum(task => long.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture));
        return TimeSpan.FromTicks(nanoseconds / NanosecondsPerTick);
    }
}
