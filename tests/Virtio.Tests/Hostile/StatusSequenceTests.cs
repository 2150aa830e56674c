using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Hostile;

/// <summary>Class 14, and numbers 5, 6, 18 and 21 of the first list.</summary>
[Collection(Alone.Name)]
public sealed class StatusSequenceTests
{
    public static TheoryData<string> Names => Victim.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void DRIVER_OK_without_the_steps_before_it_does_not_start_a_device(string name)
    {
        using var victim = Victim.Named(name);
        victim.Driver.Reset();
        foreach (uint value in new uint[] { 4, 8, 12, 5, 6, 7, 0x0f, 0x4f, 0xff00 | 0x0f, 0xffff_ff0f })
        {
            victim.Driver.WriteRegister(MmioRegisters.Status, value);
            Assert.False(victim.Driver.Status.HasFlag(DeviceStatusBits.DriverOk));
            Assert.False(victim.Driver.Status.HasFlag(DeviceStatusBits.FeaturesOk));
            victim.Driver.Reset();
        }

        victim.Restart();
        victim.AssertSurvived();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Bits_cannot_be_cleared_one_by_one_and_DRIVER_OK_again_changes_nothing(string name)
    {
        using var victim = Victim.Named(name);
        foreach (uint value in new uint[] { 1, 2, 3, 4, 7, 8, 0x0b, 0x0e, 0x40, 0x0f, 0x4f, 0x0100 })
        {
            victim.Driver.WriteRegister(MmioRegisters.Status, value);
            Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
            victim.Kind.AssertWorks(victim.Driver);
        }

        victim.AssertSurvived();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void NEEDS_RESET_is_not_the_drivers_to_set_or_to_clear(string name)
    {
        using var victim = Victim.Named(name);
        victim.Driver.Status = DeviceStatusBits.Running | DeviceStatusBits.NeedsReset;
        Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
        victim.Driver.BreakRing(victim.Kind.Queue);
        victim.Driver.Status = DeviceStatusBits.Running;
        Assert.True(victim.NeedsReset);
        victim.AssertSurvived();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void After_FAILED_nothing_moves_until_the_reset(string name)
    {
        using var victim = Victim.Named(name);
        victim.Driver.Status = DeviceStatusBits.Running | DeviceStatusBits.Failed;
        victim.Queue.Offer(victim.Kind.Request(victim.Bus));
        byte[] before = victim.Bus.Snapshot();
        for (int i = 0; i < 100; i++)
            victim.Driver.Notify((uint)victim.Kind.Queue);
        victim.Driver.Status = DeviceStatusBits.Running;
        Assert.Equal(DeviceStatusBits.Running | DeviceStatusBits.Failed, victim.Driver.Status);
        Assert.True(before.AsSpan().SequenceEqual(victim.Bus.Snapshot()));
        victim.Restart();
        victim.AssertSurvived();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_device_may_be_started_with_no_queue_at_all(string name)
    {
        using var victim = Victim.Named(name);
        Assert.True(victim.Driver.Negotiate(victim.Driver.OfferedFeatures));
        victim.Driver.SetDriverOk();
        for (uint queue = 0; queue < 4; queue++)
            victim.Driver.Notify(queue);
        Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
        victim.Restart();
        victim.AssertSurvived();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Features_written_late_or_without_the_required_ones_start_nothing(string name)
    {
        using var victim = Victim.Named(name);
        ulong offered = victim.Driver.OfferedFeatures;
        foreach (ulong features in new[] { 0UL, 1UL << 34, offered & ~(1UL << 32), ~offered, ulong.MaxValue })
        {
            Assert.False(victim.Driver.Negotiate(features));
            victim.Driver.Status = DeviceStatusBits.Running;
            Assert.False(victim.Driver.Status.HasFlag(DeviceStatusBits.DriverOk));
        }

        victim.Restart();
        victim.Driver.TakeFeatures(ulong.MaxValue);
        victim.Driver.TakeFeatures(0);
        victim.Kind.AssertWorks(victim.Driver);
        victim.AssertSurvived();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_queue_can_be_taken_away_while_it_is_being_served(string name)
    {
        using var victim = Victim.Named(name);
        for (int i = 0; i < 200; i++)
        {
            victim.Queue.Offer(victim.Kind.Request(victim.Bus));
            victim.Driver.Notify((uint)victim.Kind.Queue);
            victim.Driver.WriteRegister(MmioRegisters.QueueSelect, (uint)victim.Kind.Queue);
            victim.Driver.WriteRegister(MmioRegisters.QueueReady, 0);
            Assert.False(victim.Driver.IsQueueReady((uint)victim.Kind.Queue));
            victim.Driver.Notify((uint)victim.Kind.Queue);
            victim.Restart();
        }

        victim.AssertSurvived();
    }
}
