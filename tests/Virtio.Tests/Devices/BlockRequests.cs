using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Devices;

/// <summary>Block requests cut in unusual ways.</summary>
internal static class BlockRequests
{
    internal const ulong WithoutFlush = ~(1UL << 9);

    /// <summary>
    /// Sends a chain of a header, other readable bytes and writable room, each cut into pieces of at most the given length.
    /// </summary>
    /// <returns>The used length and all writable bytes, which were 0xee before.</returns>
    internal static (uint Used, byte[] Room) Send(
        MmioDriver driver, byte[] readable, int room, int piece = int.MaxValue, bool indirect = false)
    {
        TestBus bus = driver.Bus;
        ulong readableAt = bus.Place(readable);
        byte[] empty = new byte[room];
        empty.AsSpan().Fill((byte)BlockResult.None);
        ulong roomAt = bus.Place(empty);
        var buffers = new List<DriverBuffer>();
        for (int at = 0; at < readable.Length; at += Math.Min(piece, readable.Length - at))
            buffers.Add(DriverBuffer.Readable(readableAt + (ulong)at, Math.Min(piece, readable.Length - at)));
        for (int at = 0; at < room; at += Math.Min(piece, room - at))
            buffers.Add(DriverBuffer.Writable(roomAt + (ulong)at, Math.Min(piece, room - at)));
        Assert.True(driver.Queue().TryOffer([.. buffers], out _, indirect));
        driver.Queue().Kick();
        UsedBuffer used = driver.Queue().Collect();
        byte[] written = bus.Read(roomAt, room);
        bus.Allocator.Free(readableAt, Math.Max(readable.Length, 1));
        bus.Allocator.Free(roomAt, Math.Max(room, 1));
        return (used.Length, written);
    }

    internal static byte[] Header(uint type, ulong sector, params ReadOnlySpan<byte> data) => [.. BlockKind.Header(type, sector), .. data];

    internal static BlockResult Status(byte[] room) => (BlockResult)room[^1];
}
