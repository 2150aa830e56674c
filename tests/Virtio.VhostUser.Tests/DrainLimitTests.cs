using System.Runtime.Versioning;
using Virtio.Devices.Block;
using Virtio.Linux;
using Virtio.Storage;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>
/// The back-end answers messages that stop rings within a bounded time, even if requests in flight never end. After the answer it does not
/// touch the guest's memory.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DrainLimitTests : IDisposable
{
    private const byte IoError = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly VhostUserServerOptions Short = new() { DrainTime = TimeSpan.FromMilliseconds(100) };

    // Also limits the time for cancelled requests that never end.
    private static readonly VhostUserServerOptions Shortest = Short with { CancelTime = TimeSpan.FromMilliseconds(500) };

    private readonly SharedGuest _guest = new();
    private readonly StallingStorage _storage = new();

    public static TheoryData<string> Draining =>
        [
            "base",
            "disable",
            "size",
            "addresses",
            "set base",
            "table",
            "add",
            "remove",
            "status",
            "features",
            "log",
            "log features",
            "record",
        ];

    public void Dispose() => _guest.Dispose();

    [Theory]
    [MemberData(nameof(Draining))]
    public async Task Requests_that_do_not_end_are_cancelled_and_fail_before_the_message_is_answered(string message)
    {
        await using var served = new ServedAlone(new BlockDevice(_storage), Short);
        using var peer = new RawFrontend(served.Path);
        OfferStalled(peer, Stall.UntilCancelled);
        Ask(peer, message);
        Assert.Equal((1, IoError, 0), (_guest.UsedIndex, _guest.RequestStatus, _storage.Pending));
    }

    [Theory]
    [InlineData((int)FrontendRequest.ResetDevice)]
    [InlineData((int)FrontendRequest.ResetOwner)]
    [InlineData((int)FrontendRequest.SetOwner)]
    public async Task A_reset_cancels_requests_at_once_and_completes_none(int reset)
    {
        await using var served = new ServedAlone(
            new BlockDevice(_storage), new VhostUserServerOptions { DrainTime = TimeSpan.FromDays(1) });
        using var peer = new RawFrontend(served.Path);
        OfferStalled(peer, Stall.UntilCancelled);
        Assert.True(peer.Try((FrontendRequest)reset, []));
        Assert.Equal((0, 0), (_guest.UsedIndex, _storage.Pending));
    }

    [Theory]
    [InlineData(Stall.Ever)]
    [InlineData(Stall.Blocked)]
    public async Task Requests_that_ignore_their_cancellation_end_the_connection_and_write_nothing_into_the_guest(Stall stall)
    {
        await using var served = new ServedAlone(new BlockDevice(_storage), Shortest);
        using (var peer = new RawFrontend(served.Path))
        {
            OfferStalled(peer, stall);
            peer.Send(FrontendRequest.GetRingBase, RawFrontend.Numbers(0));
            Assert.True(peer.HasEnded());
        }

        // The server serves the next front-end while the request is still in flight.
        _storage.Stall = Stall.None;
        AssertServed(served);
        Assert.Equal(1, _storage.Pending);

        // The released request must not write its data or its status to the guest, which may use the buffer for something else by now.
        _storage.Release();
        Assert.True(SpinWait.SpinUntil(() => _storage.Written == 1, Patience));
        AssertServed(served);
        Assert.Equal((0, 0xff), (_guest.UsedIndex, _guest.RequestStatus));
        Assert.Equal(new byte[512], _guest.Data.ToArray());
    }

    [Fact]
    public async Task A_front_end_that_goes_while_requests_are_waited_for_makes_room_for_the_next_one()
    {
        await using var served = new ServedAlone(
            new BlockDevice(_storage), new VhostUserServerOptions { DrainTime = TimeSpan.FromDays(1) });
        using (var peer = new RawFrontend(served.Path))
        {
            OfferStalled(peer, Stall.UntilCancelled);
            peer.Send(FrontendRequest.GetRingBase, RawFrontend.Numbers(0));
        }

        _storage.Stall = Stall.None;
        AssertServed(served);
        Assert.Equal((0, 0), (_guest.UsedIndex, _storage.Pending));
    }

    [Fact]
    public async Task A_server_takes_no_front_end_while_too_many_have_left_requests_that_never_end()
    {
        await using var served = new ServedAlone(new BlockDevice(_storage), Shortest with { DrainTime = TimeSpan.Zero });
        for (int i = 0; i < AbandonedRings.Maximum; i++)
        {
            using var guest = new SharedGuest();
            using var peer = new RawFrontend(served.Path);
            OfferStalled(peer, Stall.Ever, guest, i + 1);
        }

        using (var refused = new RawFrontend(served.Path))
            Assert.True(refused.HasEnded());
        _storage.Stall = Stall.None;
        _storage.Release();

        // The workers collect the ended requests. The server frees the resources of those front-ends when the next one connects.
        await Task.Run(() => SpinWait.SpinUntil(() => IsTaken(served.Path))).WaitAsync(Patience);
        AssertServed(served);
    }

    [Fact]
    public async Task A_web_server_that_does_not_answer_holds_up_no_message_and_no_front_end()
    {
        using var web = new StallingWebServer();
        HttpStorage storage = await HttpStorage.OpenAsync(web.Uri);
        await using var served = new ServedAlone(new BlockDevice(storage), Short);
        using (var peer = new RawFrontend(served.Path))
        {
            SetUp(peer, _guest);
            web.IsStalled = true;
            _guest.Offer();
            Assert.True(SpinWait.SpinUntil(() => web.Unanswered > 0, Patience));
            Assert.Equal(RawFrontend.Numbers(1UL << 32), peer.Ask(FrontendRequest.GetRingBase, RawFrontend.Numbers(0)));
            Assert.Equal((1, IoError), (_guest.UsedIndex, _guest.RequestStatus));
        }

        web.IsStalled = false;
        using var guest = new SharedGuest();
        using var next = new RawFrontend(served.Path);
        SetUp(next, guest);
        guest.Offer();
        guest.Await();
    }

    [Fact]
    public async Task A_call_that_the_front_end_made_wait_and_filled_keeps_no_ring_from_being_stopped()
    {
        await using var served = new ServedAlone(new BlockDevice(_storage), Short);
        using var peer = new RawFrontend(served.Path);
        SetUp(peer, _guest);
        _ = peer.Ask(FrontendRequest.GetFeatures);
        EventStatus.MakeWait(_guest.Calls.Handle);
        RandomAccess.Write(_guest.Calls.Handle, BitConverter.GetBytes(ulong.MaxValue - 1), 0);
        _guest.Offer();
        Assert.True(SpinWait.SpinUntil(() => _guest.UsedIndex == 1, Patience));
        Assert.Equal(RawFrontend.Numbers(1UL << 32), peer.Ask(FrontendRequest.GetRingBase, RawFrontend.Numbers(0)));
    }

    private static bool IsTaken(string path)
    {
        using var peer = new RawFrontend(path);
        try
        {
            _ = peer.AskNumber(FrontendRequest.GetFeatures);
            return true;
        }
        catch (Exception e) when (e is IOException or Xunit.Sdk.XunitException)
        {
            return false;
        }
    }

    private static void SetUp(RawFrontend peer, SharedGuest guest)
    {
        peer.Send(
            FrontendRequest.SetProtocolFeatures,
            peer.AskNumber(FrontendRequest.GetProtocolFeatures) & ~(ulong)ProtocolFeatures.InBandNotifications);
        peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1 | ServedDisk.ProtocolFeatures);
        peer.Send(FrontendRequest.SetMemoryTable, SharedGuest.MemoryTable(), guest.File);
        guest.SetUpRing(peer);
    }

    private static void AssertServed(ServedAlone served)
    {
        using var guest = new SharedGuest();
        using var peer = new RawFrontend(served.Path);
        SetUp(peer, guest);
        guest.Offer();
        guest.Await();
        Assert.Equal(Enumerable.Repeat((byte)7, 512), guest.Data.ToArray());
    }

    private void OfferStalled(RawFrontend peer, Stall stall) => OfferStalled(peer, stall, _guest, 1);

    private void OfferStalled(RawFrontend peer, Stall stall, SharedGuest guest, int pending)
    {
        _storage.Stall = stall;
        SetUp(peer, guest);
        guest.Offer();
        Assert.True(SpinWait.SpinUntil(() => _storage.Pending == pending, Patience), $"{_storage.Pending} requests are in flight");
    }

    private void Ask(RawFrontend peer, string message)
    {
        const ulong Elsewhere = 2 * SharedGuest.Length;
        ulong[] other = [0, SharedGuest.GuestAddress + Elsewhere, SharedGuest.Length, SharedGuest.UserAddress + Elsewhere, 0];
        ulong features = ServedDisk.Version1 | ServedDisk.ProtocolFeatures;
        const ulong LogAll = 1UL << 26;
        const ulong EventIndex = 1UL << 29;
        bool done = message switch
        {
            "base" => peer.Ask(FrontendRequest.GetRingBase, RawFrontend.Numbers(0)).SequenceEqual(RawFrontend.Numbers(1UL << 32)),
            "disable" => peer.Try(FrontendRequest.SetRingEnable, RawFrontend.Numbers(0)),
            "size" => peer.Try(FrontendRequest.SetRingSize, RawFrontend.Numbers(4UL << 32)),
            "addresses" =>
                peer.Try(
                    FrontendRequest.SetRingAddresses,
                    RawFrontend.Numbers(0, SharedGuest.UserAddress, SharedGuest.UserAddress, SharedGuest.UserAddress, 0)),
            "set base" => peer.Try(FrontendRequest.SetRingBase, RawFrontend.Numbers(1UL << 32)),
            "table" => peer.Try(FrontendRequest.SetMemoryTable, SharedGuest.MemoryTable(), _guest.File),
            "add" => peer.Try(FrontendRequest.AddMemoryRegion, RawFrontend.Numbers(other), _guest.File),
            "remove" => peer.Try(FrontendRequest.RemoveMemoryRegion, SharedGuest.Region()),
            "status" => peer.Try(FrontendRequest.SetStatus, RawFrontend.Numbers(0)),
            "features" => peer.Try(FrontendRequest.SetFeatures, RawFrontend.Numbers(features | EventIndex)),
            "log" => peer.Ask(FrontendRequest.SetLogBase, RawFrontend.Numbers(4096, 0), _guest.File).Length == 8,
            "log features" => peer.Try(FrontendRequest.SetFeatures, RawFrontend.Numbers(features | LogAll)),
            _ => peer.Ask(FrontendRequest.GetInflight, [.. RawFrontend.Numbers(0, 0), 1, 0, 8, 0]).Length == 20,
        };
        Assert.True(done, message);
    }
}
