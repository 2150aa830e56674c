using Virtio.Vmm.Boards.Riscv;

namespace Virtio.Vmm.Tests.Boards.Riscv;

public sealed class PlicTests
{
    private const ulong Pending = 0x1000;
    private const ulong Enable = 0x2000;
    private const ulong Context = 0x20_0000;
    private const ulong Claim = Context + 4;

    private readonly bool[] _lines = new bool[2];
    private readonly Plic _plic;

    public PlicTests() => _plic = new Plic(2, (hart, asserted) => _lines[hart] = asserted);

    [Fact]
    public void A_line_reaches_the_hart_that_enabled_it_and_leaves_with_the_claim()
    {
        Arm(5, priority: 1, hart: 1);
        _plic.SetLevel(5, true);

        Assert.Equal([false, true], _lines);
        Assert.Equal(1u << 5, _plic.Read(Pending, 4));
        Assert.Equal(5u, _plic.Read(Claim + 0x1000, 4));
        Assert.Equal([false, false], _lines);
        Assert.Equal(0u, _plic.Read(Pending, 4));
    }

    [Fact]
    public void A_line_that_is_still_up_at_completion_interrupts_again()
    {
        Arm(5, priority: 1, hart: 0);
        _plic.SetLevel(5, true);
        _plic.Read(Claim, 4);
        Assert.False(_lines[0]);

        _plic.Write(Claim, 4, 5);

        Assert.True(_lines[0]);
        Assert.Equal(5u, _plic.Read(Claim, 4));
        _plic.SetLevel(5, false);
        _plic.Write(Claim, 4, 5);
        Assert.False(_lines[0]);
        Assert.Equal(0u, _plic.Read(Claim, 4));
    }

    [Fact]
    public void A_line_that_rises_between_claim_and_completion_waits_for_the_completion()
    {
        Arm(127, priority: 1, hart: 0);
        _plic.SetLevel(127, true);
        _plic.Read(Claim, 4);
        _plic.SetLevel(127, false);
        _plic.SetLevel(127, true);
        Assert.False(_lines[0]);

        _plic.Write(Claim, 4, 127);

        Assert.True(_lines[0]);
    }

    [Fact]
    public void The_highest_priority_is_claimed_first_and_of_equals_the_lowest_number()
    {
        Arm(40, priority: 2, hart: 0);
        Arm(3, priority: 1, hart: 0);
        Arm(2, priority: 1, hart: 0);
        foreach (var source in new[] { 2, 3, 40 })
            _plic.SetLevel(source, true);

        Assert.Equal([40u, 2u, 3u, 0u], Enumerable.Range(0, 4).Select(_ => _plic.Read(Claim, 4)));
    }

    [Fact]
    public void A_threshold_holds_back_the_signal_of_priorities_up_to_it()
    {
        Arm(5, priority: 3, hart: 0);
        _plic.Write(Context, 4, 3);
        _plic.SetLevel(5, true);
        Assert.False(_lines[0]);

        _plic.Write(Context, 4, 2);

        Assert.True(_lines[0]);
        Assert.Equal(2u, _plic.Read(Context, 4));
    }

    [Fact]
    public void Priority_zero_never_interrupts()
    {
        Arm(5, priority: 0, hart: 0);
        _plic.SetLevel(5, true);

        Assert.False(_lines[0]);
        Assert.Equal(0u, _plic.Read(Claim, 4));
    }

    [Fact]
    public void A_request_stays_when_the_line_falls_before_the_claim()
    {
        Arm(5, priority: 1, hart: 0);
        _plic.SetLevel(5, true);
        _plic.SetLevel(5, false);

        Assert.Equal(5u, _plic.Read(Claim, 4));
        _plic.Write(Claim, 4, 5);
        Assert.False(_lines[0]);
    }

    [Fact]
    public void One_of_two_harts_that_both_enabled_a_source_gets_it()
    {
        Arm(5, priority: 1, hart: 0);
        Arm(5, priority: 1, hart: 1);
        _plic.SetLevel(5, true);
        Assert.Equal([true, true], _lines);

        Assert.Equal(5u, _plic.Read(Claim, 4));

        Assert.Equal(0u, _plic.Read(Claim + 0x1000, 4));
        Assert.Equal([false, false], _lines);
    }

    [Fact]
    public void A_completion_by_a_hart_that_has_not_enabled_the_source_is_ignored()
    {
        Arm(5, priority: 1, hart: 0);
        _plic.SetLevel(5, true);
        _plic.Read(Claim, 4);

        _plic.Write(Claim + 0x1000, 4, 5);

        Assert.False(_lines[0]);
    }

    [Fact]
    public void A_completion_of_what_was_not_claimed_makes_no_interrupt()
    {
        Arm(5, priority: 1, hart: 0);
        foreach (var value in new ulong[] { 0, 5, 128, uint.MaxValue, ulong.MaxValue })
            _plic.Write(Claim, 4, value);

        Assert.False(_lines[0]);
        Assert.Equal(0u, _plic.Read(Pending, 4));
    }

    [Fact]
    public void Source_zero_cannot_be_enabled_or_raised()
    {
        _plic.Write(0, 4, 7);
        _plic.Write(Enable, 4, uint.MaxValue);
        foreach (var source in new[] { -1, 0, 128, int.MaxValue, int.MinValue })
            _plic.SetLevel(source, true);

        Assert.Equal(0u, _plic.Read(0, 4));
        Assert.Equal(uint.MaxValue & ~1u, _plic.Read(Enable, 4));
        Assert.Equal(0u, _plic.Read(Claim, 4));
    }

    [Fact]
    public void Every_offset_and_width_has_an_answer_and_it_works_afterwards()
    {
        for (ulong offset = 0; offset < Context + 4 * 0x1000; offset++)
        {
            foreach (var size in new[] { 1, 2, 4, 8 })
            {
                _plic.Write(offset, size, ulong.MaxValue);
                Assert.True(_plic.Read(offset, size) <= uint.MaxValue);
            }
        }

        foreach (var offset in new[] { Plic.Size - 1, Plic.Size, uint.MaxValue, ulong.MaxValue - 3, ulong.MaxValue })
        {
            _plic.Write(offset, 4, ulong.MaxValue);
            Assert.Equal(0u, _plic.Read(offset, 4));
        }

        _plic.Write(Context, 4, 0);
        AssertAnInterruptIsDelivered();
    }

    [Fact]
    public void An_access_that_is_narrow_or_unaligned_touches_nothing()
    {
        _plic.Write(5 * 4, 1, 7);
        _plic.Write(5 * 4, 2, 7);
        _plic.Write(5 * 4 + 1, 4, 7);

        Assert.Equal(0u, _plic.Read(5 * 4, 4));
    }

    [Fact]
    public async Task Devices_and_harts_at_once_lose_no_interrupt()
    {
        const int Rounds = 20_000;
        using var raised = new SemaphoreSlim(0);
        using var taken = new SemaphoreSlim(0);
        var plic = new Plic(1, (_, asserted) =>
        {
            if (asserted)
                raised.Release();
        });
        plic.Write(9 * 4, 4, 1);
        plic.Write(Enable, 4, 1 << 9);
        var device = Task.Run(() =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                plic.SetLevel(9, true);
                if (!taken.Wait(TimeSpan.FromSeconds(20)))
                    return i;
            }

            return Rounds;
        });

        for (var i = 0; i < Rounds; i++)
        {
            Assert.True(raised.Wait(TimeSpan.FromSeconds(20)), $"interrupt {i} was lost");
            Assert.Equal(9u, plic.Read(Claim, 4));
            plic.SetLevel(9, false);
            plic.Write(Claim, 4, 9);
            taken.Release();
        }

        Assert.Equal(Rounds, await device);
    }

    private void AssertAnInterruptIsDelivered()
    {
        Array.Clear(_lines);
        _plic.SetLevel(5, true);
        Assert.True(_lines[0]);
        Assert.Equal(5u, _plic.Read(Claim, 4));
        Assert.False(_lines[0]);
    }

    private void Arm(int source, uint priority, int hart)
    {
        _plic.Write((ulong)source * 4, 4, priority);
        var register = Enable + (ulong)hart * 0x80 + (ulong)(source / 32) * 4;
        _plic.Write(register, 4, _plic.Read(register, 4) | 1u << (source % 32));
    }
}
