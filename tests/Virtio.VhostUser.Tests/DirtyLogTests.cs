using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>The log of dirty pages, which a front-end reads while it migrates its guest.</summary>
[SupportedOSPlatform("linux")]
public sealed class DirtyLogTests : IDisposable
{
    private const ulong LogAll = 1UL << 26;
    private const ulong LogLength = 1 << 16;
    private const int FirstByte = (int)(SharedGuest.GuestAddress >> 15);

    // The device writes the used ring, the status and the data, which lie in separate pages. It only reads the other pages.
    private const byte UsedPage = 1 << 2;
    private const byte OtherPages = 3 << 3;

    private readonly SharedGuest _guest = new();
    private readonly SharedMemory _log = SharedMemory.Create("log", LogLength);

    public void Dispose()
    {
        _guest.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Every_page_that_is_written_is_marked_and_no_other()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        StartLog(peer);
        StartRing(peer, isLogged: true);
        _guest.Offer();
        _guest.Await();
        _ = peer.Ask(FrontendRequest.GetRingBase, RawFrontend.Numbers(0));
        Assert.Equal(UsedPage | OtherPages, Bits[FirstByte]);
        Assert.Equal(-1, Bits[..FirstByte].IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, Bits[(FirstByte + 1)..].IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public async Task A_ring_that_is_not_logged_is_not_marked_but_its_data_is()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        StartLog(peer);
        StartRing(peer, isLogged: false);
        _guest.Offer();
        _guest.Await();
        _ = peer.Ask(FrontendRequest.GetRingBase, RawFrontend.Numbers(0));
        Assert.Equal(OtherPages, Bits[FirstByte]);
    }

    [Fact]
    public async Task Marking_begins_and_ends_while_the_ring_is_served()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        StartRing(peer, isLogged: false);
        for (int round = 0; round < 5; round++)
        {
            Bits.Clear();
            Serve(peer);
            Assert.Equal(0, Bits[FirstByte]);

            // QEMU sends the messages in this order when it starts the log.
            StartLog(peer);
            SetAddresses(peer, isLogged: true);
            Serve(peer);
            Assert.Equal(UsedPage | OtherPages, Bits[FirstByte]);

            peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1 | ServedDisk.ProtocolFeatures);
            SetAddresses(peer, isLogged: false);
        }
    }

    [Fact]
    public async Task A_log_that_ends_before_the_guest_does_has_only_marks_for_what_it_covers()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Begin(peer);
        _ = peer.Ask(FrontendRequest.SetLogBase, RawFrontend.Numbers(FirstByte, 0), _log.File);
        peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1 | ServedDisk.ProtocolFeatures | LogAll);
        StartRing(peer, isLogged: true);
        Serve(peer);
        Assert.Equal(-1, Bits.IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(LogLength, 1UL)]
    [InlineData(0UL, 0UL)]
    [InlineData(ulong.MaxValue, 0UL)]
    [InlineData(LogLength, ulong.MaxValue)]
    public async Task A_log_that_its_file_has_not_ends_the_connection_and_nothing_else(ulong length, ulong offset)
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using (RawFrontend peer = disk.Connect())
        {
            Begin(peer);
            peer.Send(FrontendRequest.SetLogBase, RawFrontend.Numbers(length, offset), _log.File);
            Assert.True(peer.HasEnded());
        }

        using RawFrontend next = disk.Connect();
        Begin(next);
        StartRing(next, isLogged: false);
        Serve(next);
    }

    private unsafe Span<byte> Bits => new((void*)_log.Address, (int)LogLength);

    private void Serve(RawFrontend peer)
    {
        _guest.Offer();
        _guest.Await();

        // The device marks the page after it writes the used index. The answer to a later message shows that the marking is done.
        peer.Send(FrontendRequest.SetRingEnable, (0, 0));
        peer.Send(FrontendRequest.SetRingEnable, (0, 1));
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
    }

    private void StartLog(RawFrontend peer)
    {
        _ = peer.Ask(FrontendRequest.SetLogBase, RawFrontend.Numbers(LogLength, 0), _log.File);
        peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1 | ServedDisk.ProtocolFeatures | LogAll);
    }

    private void Begin(RawFrontend peer)
    {
        peer.Send(FrontendRequest.SetProtocolFeatures, peer.AskNumber(FrontendRequest.GetProtocolFeatures));
        peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1 | ServedDisk.ProtocolFeatures);
        peer.Send(FrontendRequest.SetMemoryTable, SharedGuest.MemoryTable(), _guest.File);
    }

    private void StartRing(RawFrontend peer, bool isLogged)
    {
        peer.Send(FrontendRequest.SetRingSize, (0, SharedGuest.RingSize));
        peer.Send(FrontendRequest.SetRingBase, (0, 0));
        SetAddresses(peer, isLogged);
        peer.Send(FrontendRequest.SetRingKick, 0, _guest.Kicks.Handle);
        peer.Send(FrontendRequest.SetRingEnable, (0, 1));
    }

    private static void SetAddresses(RawFrontend peer, bool isLogged)
    {
        byte[] addresses = SharedGuest.RingAddresses();
        addresses[sizeof(uint)] = (byte)(isLogged ? 1 : 0);
        peer.Send(FrontendRequest.SetRingAddresses, addresses);

        // The answer shows that the back-end has handled all messages before it.
        _ = peer.AskNumber(FrontendRequest.GetFeatures);
    }
}
