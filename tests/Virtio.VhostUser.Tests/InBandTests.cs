using System.Buffers.Binary;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>Rings without descriptors for kicks and calls: both are messages.</summary>
[SupportedOSPlatform("linux")]
public sealed class InBandTests : IDisposable
{
    private const ulong NoDescriptor = 1 << 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SharedGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Kicks_and_interrupts_are_messages_where_both_sides_agreed_on_that_whether_or_not_it_is_said_again_of_the_ring(
        bool says)
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        using DescriptorSocket channel = OpenChannel(peer);
        StartRing(peer, says);
        for (int i = 0; i < 100; i++)
        {
            _guest.Offer();
            peer.Send(FrontendRequest.RingKick, (0, 0));
            byte[] message = new byte[MessageHeader.Length + sizeof(ulong)];
            Assert.True(channel.Receive(message, [], Patience, wait: false));
            Assert.Equal(
                new MessageHeader((uint)BackendRequest.RingCall, MessageFlags.Version, sizeof(ulong)),
                MessageHeader.Read(message));
            Assert.Equal(0UL, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(MessageHeader.Length)));
            _guest.Await();
        }
    }

    [Fact]
    public async Task A_front_end_that_does_not_read_its_channel_holds_nothing_up_and_is_told_when_it_does()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        using DescriptorSocket channel = OpenChannel(peer);
        StartRing(peer);

        // More messages than the socket's buffer holds.
        int requests = 2000;
        for (int i = 0; i < requests; i++)
        {
            _guest.Offer();
            peer.Send(FrontendRequest.RingKick, (0, 0));
            _guest.Await();
        }

        int calls = 0;
        byte[] message = new byte[MessageHeader.Length + sizeof(ulong)];
        peer.Send(FrontendRequest.SetRingEnable, (0, 0));
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
        while (HasMore(channel, message))
            calls++;
        Assert.InRange(calls, 2, requests - 1);

        // The call for which the socket had no room.
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
        Assert.True(HasMore(channel, message));
    }

    [Fact]
    public async Task A_ring_without_a_kick_is_looked_at_all_the_same()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        StartRing(peer);
        for (int i = 0; i < 10; i++)
        {
            _guest.Offer();
            _guest.Await();
        }
    }

    private static DescriptorSocket OpenChannel(RawFrontend peer)
    {
        peer.Send(FrontendRequest.SetProtocolFeatures, peer.AskNumber(FrontendRequest.GetProtocolFeatures));
        (DescriptorSocket channel, SafeFileHandle other) = DescriptorSocket.CreatePair();
        using (other)
            peer.Send(FrontendRequest.SetBackendChannel, [], other);
        return channel;
    }

    private static bool HasMore(DescriptorSocket channel, byte[] message)
    {
        try
        {
            return channel.Receive(message, [], TimeSpan.FromMilliseconds(100), wait: false);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void StartRing(RawFrontend peer, bool says = true)
    {
        peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1 | ServedDisk.ProtocolFeatures);
        peer.Send(FrontendRequest.SetMemoryTable, SharedGuest.MemoryTable(), _guest.File);
        peer.Send(FrontendRequest.SetRingSize, (0, SharedGuest.RingSize));
        peer.Send(FrontendRequest.SetRingBase, (0, 0));
        peer.Send(FrontendRequest.SetRingAddresses, SharedGuest.RingAddresses());
        if (says)
        {
            peer.Send(FrontendRequest.SetRingCall, NoDescriptor);
            peer.Send(FrontendRequest.SetRingKick, NoDescriptor);
        }

        peer.Send(FrontendRequest.SetRingEnable, (0, 1));
    }
}
