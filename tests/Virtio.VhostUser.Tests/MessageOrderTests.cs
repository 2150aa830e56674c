using System.Runtime.Versioning;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>Front-ends differ in the order of the messages that describe a ring.</summary>
[SupportedOSPlatform("linux")]
public sealed class MessageOrderTests : IDisposable
{
    private readonly SharedGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData("qemu", "call num base addr kick enable")]
    [InlineData("cloud-hypervisor", "num addr base call kick enable")]
    [InlineData("uml", "call num base addr kick enable")]
    [InlineData("enabled first", "enable kick base num call addr")]
    [InlineData("kick first", "kick enable addr num base")]
    public async Task A_ring_is_served_in_whatever_order_its_parts_come(string frontend, string order)
    {
        Assert.NotEmpty(frontend);
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);

        // A kick before the ring is set up is not lost.
        _guest.Offer();
        SendParts(peer, order);
        _guest.Await();
        Assert.Equal(Enumerable.Repeat((byte)7, 512), _guest.Data.ToArray());
        if (order.Contains("call", StringComparison.Ordinal))
            await SharedGuest.AwaitCallAsync(_guest.Calls);
    }

    [Fact]
    public async Task Without_the_protocol_features_all_rings_are_enabled_at_once()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1);
        peer.Send(FrontendRequest.SetMemoryTable, SharedGuest.MemoryTable(), _guest.File);
        SendParts(peer, "call num base addr kick");
        _guest.Offer();
        _guest.Await();
    }

    [Fact]
    public async Task The_message_that_agrees_on_answers_is_answered_itself()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Assert.True(
            peer.Try(FrontendRequest.SetProtocolFeatures, RawFrontend.Numbers(peer.AskNumber(FrontendRequest.GetProtocolFeatures))));
    }

    [Fact]
    public async Task A_ring_that_is_not_enabled_waits_and_then_looks()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        SendParts(peer, "call num base addr kick");
        _guest.Offer();
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
        Assert.Equal(0, _guest.UsedIndex);
        SendPart(peer, "enable");
        _guest.Await();
    }

    [Fact]
    public async Task A_ring_goes_on_where_it_stood_after_it_was_stopped()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        SendParts(peer, "call num base addr kick enable");
        for (uint i = 1; i <= 5; i++)
        {
            _guest.Offer();
            _guest.Await();
            Assert.Equal(RawFrontend.Numbers((ulong)i << 32), peer.Ask(FrontendRequest.GetRingBase, RawFrontend.Numbers(0)));
            peer.Send(FrontendRequest.SetRingBase, (0, i));
            SendPart(peer, "kick");
        }
    }

    [Fact]
    public async Task A_ring_whose_device_is_reset_by_its_status_still_tells_where_it_stood()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        SendParts(peer, "call num base addr kick enable");
        for (uint i = 1; i <= 5; i++)
        {
            _guest.Offer();
            _guest.Await();

            // QEMU sends these messages when its machine is paused.
            peer.Send(FrontendRequest.SetStatus, 0);
            peer.Send(FrontendRequest.SetRingEnable, (0, 0));
            Assert.Equal(RawFrontend.Numbers((ulong)i << 32), peer.Ask(FrontendRequest.GetRingBase, RawFrontend.Numbers(0)));
            peer.Send(FrontendRequest.SetRingBase, (0, i));
            SendParts(peer, "kick enable");
        }
    }

    [Fact]
    public async Task Memory_that_is_set_anew_while_a_ring_is_served_changes_nothing_for_it()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        SendParts(peer, "call num base addr kick enable");
        for (int i = 0; i < 5; i++)
        {
            _guest.Offer();
            _guest.Await();
            peer.Send(FrontendRequest.SetMemoryTable, SharedGuest.MemoryTable(), _guest.File);
            _guest.Offer();
            _guest.Await();
            Assert.True(peer.Try(FrontendRequest.RemoveMemoryRegion, SharedGuest.Region()));
            _guest.Offer();
            Assert.True(peer.Try(FrontendRequest.AddMemoryRegion, SharedGuest.Region(), _guest.File));
            _guest.Await();
        }
    }

    [Fact]
    public async Task A_driver_that_nobody_told_of_used_buffers_is_told_as_soon_as_there_is_a_way()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        SendParts(peer, "num base addr kick enable");
        _guest.Offer();
        _guest.Await();
        SendPart(peer, "call");
        await SharedGuest.AwaitCallAsync(_guest.Calls);
    }

    [Fact]
    public async Task A_driver_that_a_back_end_did_not_live_to_tell_is_told_by_the_next_one()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using (RawFrontend peer = disk.Connect())
        {
            Begin(peer);
            SendParts(peer, "num base addr kick enable");
            _guest.Offer();
            _guest.Await();
        }

        using RawFrontend next = disk.Connect();
        Begin(next);
        SendParts(next, "call num addr kick enable");
        next.Send(FrontendRequest.SetRingBase, (0, 1));
        await SharedGuest.AwaitCallAsync(_guest.Calls);
    }

    [Fact]
    public async Task A_device_that_comes_to_a_connection_after_another_brings_memory_and_rings_of_its_own()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        SendParts(peer, "call num base addr kick enable");
        _guest.Offer();
        _guest.Await();

        // For an unplugged device QEMU sends nothing more than this about its memory. If the back-end kept the regions, they would overlap
        // the next device's.
        peer.Send(FrontendRequest.SetOwner);
        Assert.True(peer.Try(FrontendRequest.AddMemoryRegion, SharedGuest.Region(), _guest.File));
        SendParts(peer, "call kick enable");
        _guest.Offer();
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
        Assert.Equal(1, _guest.UsedIndex);
        peer.Send(FrontendRequest.SetRingBase, (0, 1));
        SendPart(peer, "addr");
        _guest.Await();
    }

    private void Begin(RawFrontend peer)
    {
        peer.Send(FrontendRequest.SetOwner);
        Assert.Equal(
            ServedDisk.Version1 | ServedDisk.ProtocolFeatures,
            peer.AskNumber(FrontendRequest.GetFeatures) & (ServedDisk.Version1 | ServedDisk.ProtocolFeatures));
        peer.Send(FrontendRequest.SetProtocolFeatures, peer.AskNumber(FrontendRequest.GetProtocolFeatures));
        peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1 | ServedDisk.ProtocolFeatures);
        peer.Send(FrontendRequest.SetMemoryTable, SharedGuest.MemoryTable(), _guest.File);
    }

    private void SendParts(RawFrontend peer, string order)
    {
        foreach (string part in order.Split(' '))
            SendPart(peer, part);
    }

    private void SendPart(RawFrontend peer, string part)
    {
        switch (part)
        {
            case "num":
                peer.Send(FrontendRequest.SetRingSize, (0, SharedGuest.RingSize));
                break;
            case "base":
                peer.Send(FrontendRequest.SetRingBase, (0, 0));
                break;
            case "addr":
                peer.Send(FrontendRequest.SetRingAddresses, SharedGuest.RingAddresses());
                break;
            case "call":
                peer.Send(FrontendRequest.SetRingCall, 0, _guest.Calls.Handle);
                break;
            case "kick":
                peer.Send(FrontendRequest.SetRingKick, 0, _guest.Kicks.Handle);
                break;
            default:
                peer.Send(FrontendRequest.SetRingEnable, (0, 1));
                break;
        }
    }
}
