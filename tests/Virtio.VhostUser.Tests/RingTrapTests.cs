using System.Buffers.Binary;
using System.IO.Pipes;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Devices.Block;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>
/// Traps for back-ends in features, memory and rings. Each was seen with a real front-end, or with a back-end that it did not work with.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class RingTrapTests : IDisposable
{
    private const ulong Packed = 1UL << 34;

    private readonly SharedGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [Fact]
    public async Task Protocol_features_whose_numbers_have_meant_different_things_are_not_offered_and_unknown_ones_are_let_go()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Assert.Equal(0ul, peer.AskNumber(FrontendRequest.GetProtocolFeatures) & (7UL << 20));
        peer.Send(FrontendRequest.SetProtocolFeatures, ulong.MaxValue);
        Assert.True(peer.Try(FrontendRequest.SetOwner, []));
    }

    [Fact]
    public async Task Packed_rings_are_offered_only_where_that_was_asked_for()
    {
        foreach (bool packed in (bool[])[false, true])
        {
            await using ServedDisk disk = await ServedDisk.StartAsync(new VhostUserServerOptions { Packed = packed });
            using RawFrontend peer = disk.Connect();
            Assert.Equal(packed ? Packed : 0, peer.AskNumber(FrontendRequest.GetFeatures) & Packed);
        }
    }

    [Fact]
    public async Task A_session_that_is_begun_twice_and_given_up_once_before_it_does_anything_is_one()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        peer.Send(FrontendRequest.SetOwner);
        peer.Send(FrontendRequest.ResetOwner);
        peer.Send(FrontendRequest.SetOwner);
        Begin(peer);
        _guest.SetUpRing(peer);
        _guest.Offer();
        _guest.Await();
    }

    [Fact]
    public async Task Kick_and_call_may_be_others_while_the_ring_is_served()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        _guest.SetUpRing(peer);
        _guest.Offer();
        _guest.Await();
        using var kicks = new EventDescriptor();
        using var calls = new EventDescriptor();
        peer.Send(FrontendRequest.SetRingKick, 0, kicks.Handle);
        peer.Send(FrontendRequest.SetRingCall, 0, calls.Handle);
        peer.Send(FrontendRequest.SetRingError, 0, calls.Handle);
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
        _guest.Offer(kicks);
        _guest.Await();
        await SharedGuest.AwaitCallAsync(calls);
    }

    [Fact]
    public async Task Calls_may_go_through_a_pipe_as_those_of_user_mode_linux_do()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        _guest.SetUpRing(peer);
        using var calls = new AnonymousPipeServerStream(PipeDirection.In);
        peer.Send(FrontendRequest.SetRingCall, 0, FileOf(calls.ClientSafePipeHandle));

        // The worker takes chains that are available at the start without a kick.
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
        for (int i = 0; i < 3; i++)
        {
            _guest.Offer();
            _guest.Await();
            byte[] call = new byte[8];
            await calls.ReadExactlyAsync(call).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(RawFrontend.Numbers(1), call);
        }
    }

    [Fact]
    public async Task A_call_pipe_that_is_full_and_never_read_holds_nothing_up()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        using var calls = new AnonymousPipeServerStream(PipeDirection.In);
        using (var writer = new AnonymousPipeClientStream(PipeDirection.Out, calls.ClientSafePipeHandle))
        {
            writer.Write(new byte[1 << 16]);
            _guest.SetUpRing(peer);
            peer.Send(FrontendRequest.SetRingCall, 0, FileOf(calls.ClientSafePipeHandle));
            for (int i = 0; i < 10; i++)
            {
                _guest.Offer();
                _guest.Await();
            }
        }
    }

    [Fact]
    public async Task A_ring_that_is_disabled_or_stopped_is_left_alone_until_it_is_not()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        _guest.SetUpRing(peer);
        peer.Send(FrontendRequest.SetRingEnable, (0, 0));
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
        _guest.Offer();
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
        Assert.Equal(0, _guest.UsedIndex);
        peer.Send(FrontendRequest.SetRingEnable, (0, 1));
        _guest.Await();

        // SET_VRING_ENABLE does not start a stopped ring. The back-end answers the front-end but does not touch memory.
        Assert.Equal(RawFrontend.Numbers(1UL << 32), peer.Ask(FrontendRequest.GetRingBase, RawFrontend.Numbers(0)));
        peer.Send(FrontendRequest.SetRingEnable, (0, 1));
        _guest.Offer();
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
        Assert.Equal(1, _guest.UsedIndex);
        peer.Send(FrontendRequest.SetRingKick, 0, _guest.Kicks.Handle);
        _guest.Await();
    }

    [Fact]
    public async Task A_region_is_removed_by_all_that_names_it_and_no_less()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        Assert.Equal(509ul, peer.AskNumber(FrontendRequest.GetMaximumMemorySlots));
        Assert.False(Remove(peer, SharedGuest.GuestAddress + 0x1000, SharedGuest.Length, SharedGuest.UserAddress));
        Assert.False(Remove(peer, SharedGuest.GuestAddress, SharedGuest.Length - 0x1000, SharedGuest.UserAddress));
        Assert.False(Remove(peer, SharedGuest.GuestAddress, SharedGuest.Length, SharedGuest.UserAddress + 0x1000));
        Assert.True(Remove(peer, SharedGuest.GuestAddress, SharedGuest.Length, SharedGuest.UserAddress));
    }

    [Fact]
    public async Task What_is_in_flight_may_be_asked_for_and_given_back_at_once()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        byte[] question = InflightOf((byte)SharedGuest.RingSize);
        byte[] answer = peer.Ask(FrontendRequest.GetInflight, question, out SafeFileHandle? file);
        using (file)
            Assert.True(peer.Try(FrontendRequest.SetInflight, answer, file));
        Assert.Equal(question[16..20], answer[16..20]);
        _guest.SetUpRing(peer);
        _guest.Offer();
        _guest.Await();
    }

    [Fact]
    public async Task Room_for_what_is_in_flight_may_be_asked_for_before_the_features_are_known()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync(new VhostUserServerOptions { Packed = true });
        using RawFrontend peer = disk.Connect();
        byte[] question = InflightOf((byte)SharedGuest.RingSize);
        byte[] early = peer.Ask(FrontendRequest.GetInflight, question, out SafeFileHandle? first);
        first?.Dispose();
        Begin(peer);
        peer.Send(FrontendRequest.SetFeatures, (ulong)(VirtioFeatures.Version1 | VirtioFeatures.RingPacked));
        byte[] late = peer.Ask(FrontendRequest.GetInflight, question, out SafeFileHandle? second);
        second?.Dispose();
        Assert.Equal(late, early);
    }

    [Fact]
    public async Task A_ring_that_is_longer_than_was_asked_for_is_taken_over_where_it_stood()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        byte[] answer;
        SafeFileHandle? file;
        using (RawFrontend first = disk.Connect())
        {
            Begin(first);
            answer = first.Ask(FrontendRequest.GetInflight, InflightOf(4), out file);
            first.Send(FrontendRequest.SetInflight, answer, file);
            _guest.SetUpRing(first);
            for (int i = 0; i < 3; i++)
            {
                _guest.Offer();
                _guest.Await();
            }
        }

        using RawFrontend second = disk.Connect();
        Begin(second);
        using (file)
            second.Send(FrontendRequest.SetInflight, answer, file);

        // The new front-end sends 0 as the ring's base.
        _guest.SetUpRing(second);
        _guest.Offer();
        Assert.Equal(4ul << 32, BinaryPrimitives.ReadUInt64LittleEndian(second.Ask(FrontendRequest.GetRingBase, RawFrontend.Numbers(0))));
        Assert.Equal(4, _guest.UsedIndex);
    }

    [Fact]
    public async Task A_status_is_kept_and_none_is_a_reset()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        peer.Send(FrontendRequest.SetStatus, 0xful);
        Assert.Equal(0xful, peer.AskNumber(FrontendRequest.GetStatus));
        peer.Send(FrontendRequest.SetStatus, 0ul);
        Assert.Equal(0ul, peer.AskNumber(FrontendRequest.GetStatus));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_channel_is_told_of_a_disk_that_grew_whether_it_came_before_the_rings_or_after(bool isLate)
    {
        var storage = new GrowingStorage(1 << 20);
        var device = new BlockDevice(storage);
        await using var served = new ServedAlone(device);
        using var peer = new RawFrontend(served.Path);
        (DescriptorSocket channel, SafeFileHandle other) = DescriptorSocket.CreatePair();
        using DescriptorSocket own = channel;
        if (!isLate)
            peer.Send(FrontendRequest.SetBackendChannel, descriptor: other);
        Begin(peer);
        _guest.SetUpRing(peer);
        if (isLate)
            peer.Send(FrontendRequest.SetBackendChannel, descriptor: other);
        other.Dispose();
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
        storage.NextLength = 3 << 20;
        Assert.True(device.Remeasure());
        byte[] message = new byte[MessageHeader.Length];
        Assert.True(channel.Receive(message, [], TimeSpan.FromSeconds(30), wait: false));
        Assert.Equal(new MessageHeader((uint)BackendRequest.ConfigChanged, MessageFlags.Version, 0), MessageHeader.Read(message));
        byte[] answer = peer.Ask(FrontendRequest.GetConfig, [.. RawFrontend.Numbers(8ul << 32), .. new byte[12]]);
        Assert.Equal(3ul << 11, BitConverter.ToUInt64(answer, 12));
    }

    private static bool Remove(RawFrontend peer, ulong guest, ulong length, ulong user) =>
        peer.Try(FrontendRequest.RemoveMemoryRegion, RawFrontend.Numbers(0, guest, length, user, 0));

    // The payload that asks for a record of two rings.
    private static byte[] InflightOf(byte ringSize) => [.. RawFrontend.Numbers(0, 0), 2, 0, ringSize, 0];

    private static Task AwaitAsync(Func<bool> isTrue) => Task.Run(() => SpinWait.SpinUntil(isTrue)).WaitAsync(TimeSpan.FromSeconds(30));

    private static SafeFileHandle FileOf(SafePipeHandle pipe) => new(pipe.DangerousGetHandle(), ownsHandle: false);

    private void Begin(RawFrontend peer)
    {
        peer.Send(
            FrontendRequest.SetProtocolFeatures,
            peer.AskNumber(FrontendRequest.GetProtocolFeatures) & ~(ulong)ProtocolFeatures.InBandNotifications);
        peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1 | ServedDisk.ProtocolFeatures);
        peer.Send(FrontendRequest.SetMemoryTable, SharedGuest.MemoryTable(), _guest.File);
    }
}
