using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.Tests.Devices;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

[Collection(Alone.Name)]
public sealed class BlockRequestTests : IDisposable
{
    private readonly byte[] _image = BlockKind.NewImage();
    private readonly byte[] _original = BlockKind.NewImage();
    private readonly Victim _victim;

    public BlockRequestTests() => _victim = new Victim(new BlockKind(), new BlockDevice(new MemoryStorage(_image)));

    public void Dispose() => _victim.Dispose();

    /// <summary>Class 20, and number 13 of the first list.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(15)]
    public void A_header_that_is_too_short_is_an_error(int length)
    {
        Assert.Equal(BlockResult.IoError, Answer(BlockKind.Header(0, 0)[..length], 513));
        Assert.Equal(BlockResult.IoError, Answer(BlockKind.Header(1, 0)[..length], 1));
        AssertSurvivedUnchanged();
    }

    /// <summary>Class 20: 17 readable bytes are a header and one byte of data.</summary>
    [Fact]
    public void A_header_that_is_too_long_is_a_header_and_data()
    {
        Assert.Equal(BlockResult.Ok, Answer([.. BlockKind.Header(0, 0), 0], 513));
        Assert.Equal(BlockResult.IoError, Answer([.. BlockKind.Header(1, 0), 0], 1));
        AssertSurvivedUnchanged();
    }

    /// <summary>Class 21: a header, or data, or a status in the wrong direction.</summary>
    [Fact]
    public void Wrong_directions_are_errors_and_readable_bytes_stay_as_they_are()
    {
        ulong header = _victim.Bus.Place(BlockKind.Header(0, 0));
        ulong data = _victim.Bus.Place(new byte[512]);
        ulong status = _victim.Bus.Place([(byte)BlockResult.None]);
        _victim.Guard();
        _victim.AllowWrite(header, 16);
        _victim.AllowWrite(status, 1);

        // The device treats a writable header as room: it writes the status at its end, or behind it.
        Send(Write(header, 16));
        Send(Write(header, 16), Write(status, 1));

        // A status that cannot be written: the device has no way to answer, so it does nothing.
        _victim.Bus.Memory.TryWrite(header, BlockKind.Header(0, 0));
        _victim.Guard();
        Send(Read(header, 16));
        Send(Read(header, 16), Read(data, 512), Read(status, 1));
        _victim.AssertGuarded();

        // The data buffer of a read is only readable.
        _victim.AllowWrite(status, 1);
        Send(Read(header, 16), Read(data, 512), Write(status, 1));
        _victim.AssertGuarded();
        AssertSurvivedUnchanged();
    }

    /// <summary>Number 14 of the first list, and class 22.</summary>
    [Theory]
    [InlineData(ulong.MaxValue - 1, 8)]
    [InlineData(1UL << 55, 1)]
    [InlineData(BlockKind.Sectors - 1, 8)]
    [InlineData(BlockKind.Sectors, 1)]
    [InlineData((1UL << 32) + 5, 1)]
    [InlineData(1UL << 63, 1)]
    public void Sectors_that_wrap_or_lie_behind_the_end_are_errors(ulong sector, int count)
    {
        Assert.Equal(BlockResult.IoError, Answer(BlockKind.Header(0, sector), (count * 512) + 1));
        Assert.Equal(BlockResult.IoError, Answer([.. BlockKind.Header(1, sector), .. new byte[count * 512]], 1));
        AssertSurvivedUnchanged();
    }

    /// <summary>Class 16: after many of each error neither memory nor slots are lost.</summary>
    [Fact]
    public void A_hundred_thousand_headers_alone_leak_nothing()
    {
        ulong header = _victim.Bus.Place(BlockKind.Header(0, 0));
        for (int i = 0; i < 100_000;)
        {
            for (int offered = 0; offered < 64; offered++, i++)
                _victim.Queue.Offer(DriverBuffer.Readable(header, 16));
            _victim.Queue.Kick();
            for (int offered = 0; offered < 64; offered++)
                Assert.Equal(0u, _victim.Queue.Collect().Length);
        }

        AssertSurvivedUnchanged();
    }

    /// <summary>A .NET hazard: arrays from a pool have old contents.</summary>
    [Fact]
    public void Nothing_of_the_hosts_memory_shows_in_answers()
    {
        byte[] secret = "do not tell anybody"u8.ToArray();
        foreach (int size in new[] { 16, 64, 512, 4096, 65536 })
        {
            byte[][] pooled = [.. Enumerable.Range(0, 16).Select(_ => System.Buffers.ArrayPool<byte>.Shared.Rent(size))];
            foreach (byte[] array in pooled)
            {
                for (int at = 0; at + secret.Length <= array.Length; at += secret.Length)
                    secret.CopyTo(array, at);
                System.Buffers.ArrayPool<byte>.Shared.Return(array);
            }
        }

        foreach (uint type in new uint[] { 0, 8, 4, 99 })
        {
            foreach (int room in new[] { 1, 21, 100, 513, 4097 })
                Answer(BlockKind.Header(type, 0), room);
        }

        Assert.Equal(-1, _victim.Bus.Snapshot().AsSpan().IndexOf(secret));
        AssertSurvivedUnchanged();
    }

    /// <summary>Replaces fields of a valid request by values that have a meaning elsewhere. The failure message has the seed.</summary>
    [Fact]
    public void Requests_with_random_fields_change_only_what_a_valid_reading_allows()
    {
        int seed = Seeds.Next();
        var random = new Random(seed);
        byte[] expected = [.. _image];
        for (int i = 0; i < 20_000; i++)
        {
            uint type = random.Next(3) == 0 ? (uint)Seeds.Value(random) : (uint)random.Next(2);
            ulong sector = random.Next(4) == 0 ? Seeds.Value(random) : (ulong)random.Next(BlockKind.Sectors);
            byte[] data = new byte[random.Next(4) == 0 ? random.Next(1500) : 512 * random.Next(1, 4)];
            random.NextBytes(data);
            byte[] request = [.. BlockKind.Header(type, sector), .. data];
            int room = random.Next(4) == 0 ? random.Next(1, 1600) : (512 * random.Next(1, 3)) + 1;
            BlockResult result = Answer(request, room, random.Next(4, 700));
            Assert.True(result is BlockResult.Ok or BlockResult.IoError or BlockResult.Unsupported, $"seed {seed}, request {i}: {result}");
            if (type == 1 && result == BlockResult.Ok)
                data.CopyTo(expected.AsSpan((int)sector * 512));
        }

        Assert.True(expected.AsSpan().SequenceEqual(_image), $"seed {seed}: the image is not what the accepted writes make of it");
        _original.CopyTo(_image, 0);
        AssertSurvivedUnchanged();
    }

    private static PackedDescriptor Read(ulong address, uint length) => new(address, length, 9, PackedFlags.None);

    private static PackedDescriptor Write(ulong address, uint length) => new(address, length, 9, PackedFlags.Write);

    private void Send(params PackedDescriptor[] chain)
    {
        for (int i = 0; i < chain.Length - 1; i++)
            chain[i] = chain[i] with { Flags = chain[i].Flags | PackedFlags.Next };
        Assert.NotNull(_victim.Send(chain));
    }

    private BlockResult Answer(byte[] readable, int room, int piece = int.MaxValue) =>
        BlockRequests.Status(BlockRequests.Send(_victim.Driver, readable, room, piece, indirect: piece < int.MaxValue).Room);

    private void AssertSurvivedUnchanged()
    {
        _victim.AssertSurvived();
        Assert.True(_original.AsSpan().SequenceEqual(_image), "the image changed");
    }
}
