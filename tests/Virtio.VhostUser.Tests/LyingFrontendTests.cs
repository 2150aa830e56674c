using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>A front-end's error or lie costs at most its own connection: the next front-end is served.</summary>
[SupportedOSPlatform("linux")]
[Collection(typeof(Alone))]
public sealed class LyingFrontendTests : IDisposable
{
    private const uint Beyond = 1 << 30;

    private readonly SharedGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [Theory]
    [InlineData("another version", "01000000 02000000 00000000")]
    [InlineData("an answer to nothing", "01000000 05000000 00000000")]
    [InlineData("more bytes than any message has", "05000000 01000000 01100000")]
    [InlineData("four gigabytes", "05000000 01000000 ffffffff")]
    [InlineData("half a number", "02000000 01000000 04000000 00000000")]
    [InlineData("no number", "0b000000 01000000 00000000")]
    [InlineData("a ring that is not there", "0b000000 01000000 08000000 02000000 00000000")]
    [InlineData("the last ring of all", "0b000000 01000000 08000000 ffffffff 00000000")]
    [InlineData("a ring of none", "08000000 01000000 08000000 00000000 00000000")]
    [InlineData("a ring of too many", "08000000 01000000 08000000 00000000 01800000")]
    [InlineData("features never offered", "02000000 01000000 08000000 00000000 00000080")]
    [InlineData("a kick without its descriptor", "0c000000 01000000 08000000 00000000 00000000")]
    [InlineData("a channel without its descriptor", "15000000 01000000 00000000")]
    [InlineData("nine regions", "05000000 01000000 08000000 09000000 00000000")]
    [InlineData("four billion regions", "05000000 01000000 08000000 ffffffff 00000000")]
    [InlineData("a region that is not there", "05000000 01000000 08000000 01000000 00000000")]
    public async Task What_makes_no_sense_ends_the_connection(string what, string bytes)
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using (RawFrontend liar = disk.Connect())
        {
            liar.SendBytes(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));
            Assert.True(liar.HasEnded(), what);
        }

        AssertServed(disk);
    }

    [Fact]
    public async Task Who_asks_for_an_answer_is_told_and_goes_on()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        peer.Send(FrontendRequest.SetProtocolFeatures, peer.AskNumber(FrontendRequest.GetProtocolFeatures));
        Assert.False(peer.Try((FrontendRequest)99, []));
        Assert.False(peer.Try(FrontendRequest.SetRingSize, RawFrontend.Numbers(Beyond)));
        Assert.False(peer.Try(FrontendRequest.SetRingKick, RawFrontend.Numbers(0)));
        Assert.False(peer.Try(FrontendRequest.SetMemoryTable, RawFrontend.Numbers(9)));
        Assert.False(peer.Try(FrontendRequest.SetFeatures, RawFrontend.Numbers(ulong.MaxValue)));
        Assert.False(peer.Try(FrontendRequest.RemoveMemoryRegion, SharedGuest.Region()));
        Assert.True(peer.Try(FrontendRequest.SetFeatures, RawFrontend.Numbers(ServedDisk.Version1)));
    }

    [Fact]
    public async Task A_request_that_nobody_knows_is_ignored()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        for (uint request = 60; request < 160; request++)
            peer.Send((FrontendRequest)request, new byte[request], _guest.File);
        Assert.NotEqual(0ul, peer.AskNumber(FrontendRequest.GetFeatures));
    }

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0x4000_0000, 0x1001, 0x1000, 0)]
    [InlineData(0x4000_0001, 0x1000, 0x1000, 0)]
    [InlineData(0x4000_0000, 0x1000, 0x1001, 0)]
    [InlineData(0xffff_ffff_ffff_f000, 0x2000, 0x1000, 0)]
    [InlineData(0x4000_0000, 0x2000, 0xffff_ffff_ffff_f000, 0)]
    [InlineData(0x4000_0000, 0x1000, 0x1000, 0x10_0000)]
    [InlineData(0x4000_0000, 0x1000, 0x1000, 0xffff_ffff_ffff_f000)]
    [InlineData(0x4000_0000, 0x8000_0000_0000, 0x1000, 0)]
    public async Task A_region_that_cannot_be_is_refused(ulong guest, ulong length, ulong user, ulong offset)
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        peer.Send(FrontendRequest.SetProtocolFeatures, peer.AskNumber(FrontendRequest.GetProtocolFeatures));
        Assert.False(peer.Try(FrontendRequest.AddMemoryRegion, RawFrontend.Numbers(0, guest, length, user, offset), _guest.File));
        Assert.False(peer.Try(FrontendRequest.AddMemoryRegion, SharedGuest.Region(), _guest.Kicks.Handle));
        Assert.True(peer.Try(FrontendRequest.AddMemoryRegion, SharedGuest.Region(), _guest.File));

        // The same region once more would overlap the first.
        Assert.False(peer.Try(FrontendRequest.AddMemoryRegion, SharedGuest.Region(), _guest.File));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x7eff_ffff_f000)]
    [InlineData(0x7f00_000f_fff0)]
    [InlineData(0xffff_ffff_ffff_fff0)]
    public async Task A_ring_outside_of_the_memory_is_never_served(ulong table)
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        Describe(peer, RawFrontend.Numbers(0, table, SharedGuest.UserAddress, SharedGuest.UserAddress + 0x8000, 0));
        _guest.Offer();
        Assert.NotEqual(0ul, peer.AskNumber(FrontendRequest.GetFeatures));
        Assert.Equal(0, _guest.UsedIndex);
    }

    [Fact]
    public async Task A_memory_file_that_is_cut_off_under_a_ring_ends_nothing_but_the_ring()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using (RawFrontend peer = disk.Connect())
        {
            Describe(peer, SharedGuest.RingAddresses());
            _guest.Offer();
            _guest.Await();
            _guest.Cut(0);
            for (int i = 0; i < 10; i++)
                _guest.Kicks.Add();
            Assert.Equal(8, peer.Ask(FrontendRequest.GetRingBase, RawFrontend.Numbers(0)).Length);
        }

        AssertServed(disk);
    }

    [Fact]
    public async Task A_front_end_that_goes_in_the_middle_leaves_nothing_behind()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        AssertServed(disk);
        int before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (int i = 0; i < 50; i++)
        {
            using RawFrontend peer = disk.Connect();
            Describe(peer, SharedGuest.RingAddresses());
            _guest.Offer();
            peer.SendBytes([1, 0, 0]);
        }

        AssertServed(disk);

        // Each of the 50 front-ends has a socket and sends three descriptors. One leaked descriptor of each would be 50. Other descriptors
        // of the process come and go.
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, before + 10);
        Assert.DoesNotContain(Path.GetFileName(_guest.Path), MappingsOfServer());
    }

    private string MappingsOfServer() =>
        string.Join('\n', File.ReadLines("/proc/self/maps").Where(line => line.Contains(_guest.Path, StringComparison.Ordinal)).Skip(1));

    /// <summary>Asserts that a new front-end is served.</summary>
    private static void AssertServed(ServedDisk disk)
    {
        using var guest = new SharedGuest();
        using RawFrontend peer = disk.Connect();
        Describe(peer, SharedGuest.RingAddresses(), guest);
        guest.Offer();
        guest.Await();
        Assert.Equal(Enumerable.Repeat((byte)7, 512), guest.Data.ToArray());
    }

    private void Describe(RawFrontend peer, byte[] addresses) => Describe(peer, addresses, _guest);

    private static void Describe(RawFrontend peer, byte[] addresses, SharedGuest guest)
    {
        peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1);
        peer.Send(FrontendRequest.SetMemoryTable, SharedGuest.MemoryTable(), guest.File);
        peer.Send(FrontendRequest.SetRingSize, (0, SharedGuest.RingSize));
        peer.Send(FrontendRequest.SetRingBase, (0, 0));
        peer.Send(FrontendRequest.SetRingAddresses, addresses);
        peer.Send(FrontendRequest.SetRingCall, 0, guest.Calls.Handle);
        peer.Send(FrontendRequest.SetRingKick, 0, guest.Kicks.Handle);
    }
}
