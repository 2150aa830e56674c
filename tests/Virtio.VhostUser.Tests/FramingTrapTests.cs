using System.Runtime.Versioning;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>
/// Traps for back-ends in the framing of messages: answers that were not requested, padding, descriptors that are left over. Each was seen
/// with a real front-end.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class FramingTrapTests : IDisposable
{
    private readonly SharedGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    [Fact]
    public async Task A_request_that_has_an_answer_gets_no_second_one_and_no_flag_of_its_own_back()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = Connect(disk);

        // Ask asserts that the flags of each answer are 5 (version 1, reply). A second answer would be read as that of the next request.
        _ = peer.Ask(FrontendRequest.GetFeatures, flags: MessageFlags.NeedsReply);
        _ = peer.Ask(FrontendRequest.GetQueueCount, flags: MessageFlags.NeedsReply);
        _ = peer.Ask(FrontendRequest.GetConfig, [.. Config(0, 60, 0)], flags: MessageFlags.NeedsReply);
        _ = peer.Ask(FrontendRequest.GetMaximumMemorySlots);
    }

    [Fact]
    public async Task Answers_are_not_sent_before_they_were_agreed_upon()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        peer.Send(FrontendRequest.SetOwner, flags: MessageFlags.NeedsReply);
        peer.Send((FrontendRequest)99, flags: MessageFlags.NeedsReply);
        _ = peer.Ask(FrontendRequest.GetFeatures);
    }

    [Fact]
    public async Task A_memory_table_may_have_room_for_more_regions_than_there_are()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = Connect(disk);
        Assert.True(peer.Try(FrontendRequest.SetMemoryTable, [.. SharedGuest.MemoryTable(), .. new byte[32]], _guest.File));
        _guest.SetUpRing(peer);
        _guest.Offer();
        _guest.Await();
    }

    [Theory]
    [InlineData(19, "SEND_RARP")]
    [InlineData(20, "NET_SET_MTU")]
    [InlineData(22, "IOTLB_MSG")]
    [InlineData(23, "SET_VRING_ENDIAN")]
    [InlineData(26, "CREATE_CRYPTO_SESSION")]
    [InlineData(28, "POSTCOPY_ADVISE")]
    [InlineData(33, "GPU_SET_SOCKET")]
    [InlineData(41, "GET_SHARED_OBJECT")]
    [InlineData(44, "GET_SHMEM_CONFIG")]
    [InlineData(uint.MaxValue, "nothing at all")]
    public async Task A_request_for_what_was_never_offered_is_answered_with_no_and_nothing_more(uint request, string name)
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = Connect(disk);
        Assert.False(peer.Try((FrontendRequest)request, RawFrontend.Numbers(0, 0)), name);
        peer.Send((FrontendRequest)request, RawFrontend.Numbers(0, 0), _guest.File);
        _ = peer.Ask(FrontendRequest.GetFeatures);
    }

    [Fact]
    public async Task Descriptors_that_nothing_is_done_with_are_closed_at_once()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = Connect(disk);
        _ = peer.Ask(FrontendRequest.GetFeatures, descriptor: _guest.File);
        Assert.False(peer.Try((FrontendRequest)99, [], _guest.File));
        Assert.False(peer.Try(FrontendRequest.SetMemoryTable, RawFrontend.Numbers(9), _guest.File));
        Assert.False(peer.Try(FrontendRequest.AddMemoryRegion, RawFrontend.Numbers(0, 1, 2, 3, 4), _guest.File));
        Assert.True(peer.Try(FrontendRequest.AddMemoryRegion, SharedGuest.Region(), _guest.File));
        Assert.False(peer.Try(FrontendRequest.AddMemoryRegion, SharedGuest.Region(), _guest.File));
        Assert.True(peer.Try(FrontendRequest.RemoveMemoryRegion, SharedGuest.Region(), _guest.File));
        Assert.False(peer.Try(FrontendRequest.SetInflight, RawFrontend.Numbers(1, 0, 1 | (8 << 16)), _guest.File));
        Assert.False(peer.Try(FrontendRequest.SetRingKick, RawFrontend.Numbers(99), _guest.File));
        Assert.True(peer.Try(FrontendRequest.SetRingKick, RawFrontend.Numbers(0x100), _guest.File));
        _ = peer.Ask(FrontendRequest.GetFeatures);
        Assert.Single(Descriptors(_guest.Path));
    }

    [Fact]
    public async Task A_descriptor_may_come_with_any_part_of_its_message()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = Connect(disk);
        byte[] message = RawFrontend.MessageOf(FrontendRequest.AddMemoryRegion, SharedGuest.Region());
        const int Middle = MessageHeader.Length + 9;
        peer.SendBytes(message.AsSpan(..MessageHeader.Length));
        peer.SendBytes(message.AsSpan(MessageHeader.Length..Middle));
        peer.SendBytes(message.AsSpan(Middle..), _guest.File);
        Assert.True(peer.Try(FrontendRequest.RemoveMemoryRegion, SharedGuest.Region()));
    }

    [Fact]
    public async Task Descriptors_that_are_kept_are_not_for_programs_that_this_one_starts()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = Connect(disk);
        // The back-end keeps this descriptor until the state is loaded.
        _ = peer.Ask(FrontendRequest.SetDeviceState, RawFrontend.Numbers(1), _guest.File);
        const int CloseOnExec = 0x80000; // O_CLOEXEC
        int[] flags = [.. Descriptors(_guest.Path).Select(FlagsOf)];
        Assert.Equal(2, flags.Length);
        Assert.All(flags, each => Assert.NotEqual(0, each & CloseOnExec));
    }

    [Fact]
    public async Task Half_a_message_and_then_silence_ends_the_connection()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        peer.SendBytes([2, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 1]);
        Assert.True(peer.HasEnded());
        using RawFrontend next = Connect(disk);
        _ = next.Ask(FrontendRequest.GetFeatures);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Configuration_comes_as_long_as_it_was_asked_for_whatever_the_flags(uint flags)
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = Connect(disk);
        foreach (uint length in (uint[])[8, 60, 61, 96, 256])
        {
            byte[] answer = peer.Ask(FrontendRequest.GetConfig, [.. Config(0, length, flags)]);
            Assert.Equal(Config(0, length, flags)[..12], answer[..12]);
            Assert.Equal(12 + (int)length, answer.Length);
            Assert.Equal(ServedDisk.Sectors, BitConverter.ToUInt64(answer, 12));
        }

        // The requested range is not in the configuration space.
        Assert.Empty(peer.Ask(FrontendRequest.GetConfig, [.. Config(250, 60, flags)]));

        // Cloud Hypervisor counts offsets from 0x100, and compares the offset of the answer with its own.
        byte[] whole = peer.Ask(FrontendRequest.GetConfig, [.. Config(0, 256, flags)]);
        foreach ((uint offset, uint length) in ((uint, uint)[])[(0x100, 60), (0x100, 256), (0x120, 4), (0x1ff, 1), (0x200, 0)])
        {
            byte[] answer = peer.Ask(FrontendRequest.GetConfig, [.. Config(offset, length, flags)]);
            Assert.Equal(Config(offset, length, flags)[..12], answer[..12]);
            Assert.Equal(whole[(int)(12 + offset - 0x100)..(int)(12 + offset - 0x100 + length)], answer[12..]);
        }

        foreach ((uint offset, uint length)
            in ((uint, uint)[])
            [
                (0xff, 2),
                (0x100, 257),
                (0x1ff, 2),
                (0x200, 1),
                (0x201, 0),
                (uint.MaxValue, 1),
                (uint.MaxValue, uint.MaxValue),
                (0x100, uint.MaxValue),
            ])
            Assert.Empty(peer.Ask(FrontendRequest.GetConfig, RawFrontend.Numbers(offset | ((ulong)length << 32), flags)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(uint.MaxValue)]
    public async Task No_flag_opens_what_is_not_writable(uint flags)
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = Connect(disk);
        byte[] before = peer.Ask(FrontendRequest.GetConfig, [.. Config(0, 96, 0)]);
        byte[] write = Config(0, 96, flags);
        write.AsSpan(12).Fill(0xff);
        peer.Send(FrontendRequest.SetConfig, write);
        Assert.Equal(before, peer.Ask(FrontendRequest.GetConfig, [.. Config(0, 96, 0)]));
    }

    private static RawFrontend Connect(ServedDisk disk)
    {
        RawFrontend peer = disk.Connect();
        peer.Send(FrontendRequest.SetProtocolFeatures, peer.AskNumber(FrontendRequest.GetProtocolFeatures));
        return peer;
    }

    private static byte[] Config(uint offset, uint length, uint flags) =>
        [.. BitConverter.GetBytes(offset), .. BitConverter.GetBytes(length), .. BitConverter.GetBytes(flags), .. new byte[length]];

    private static IEnumerable<string> Descriptors(string path) =>
        Directory.GetFiles("/proc/self/fd").Where(descriptor => new FileInfo(descriptor).LinkTarget == path);

    private static int FlagsOf(string descriptor)
    {
        string line = File.ReadLines($"/proc/self/fdinfo/{Path.GetFileName(descriptor)}")
            .First(each => each.StartsWith("flags:", StringComparison.Ordinal));
        return Convert.ToInt32(line.Split('\t')[1], 8);
    }
}
