using System.Buffers.Binary;
using System.Text;
using Virtio.Devices;

namespace Virtio.Testing;

/// <summary>Drives a block device (virtio 1.4, 5.2), one request at a time.</summary>
/// <param name="driver">A started driver of such a device.</param>
/// <exception cref="ArgumentException">The device is of another type.</exception>
public sealed class BlockDriver(MmioDriver driver)
{
    private const int HeaderLength = 16;
    private const int IdLength = 20;

    private readonly MmioDriver _driver = MmioDriver.OfType(driver, DeviceId.Block);

    /// <summary>Size of the disk in sectors of 512 bytes.</summary>
    public ulong SectorCount => _driver.ReadConfig<ulong>(0);

    /// <summary>Reads, starting at a sector.</summary>
    public BlockResult Read(ulong sector, Span<byte> data) => Request(0, sector, [], data);

    /// <summary>Writes, starting at a sector.</summary>
    public BlockResult Write(ulong sector, ReadOnlySpan<byte> data) => Request(1, sector, data, []);

    /// <summary>Makes completed writes durable (VIRTIO_BLK_T_FLUSH).</summary>
    public BlockResult Flush() => Request(4, 0, [], []);

    /// <summary>Reads the serial number.</summary>
    public BlockResult GetId(out string id)
    {
        Span<byte> room = stackalloc byte[IdLength];
        BlockResult result = Request(8, 0, [], room);
        int end = room.IndexOf((byte)0);
        id = Encoding.ASCII.GetString(end < 0 ? room : room[..end]);
        return result;
    }

    /// <summary>Makes any request: a header, then <paramref name="data"/> or <paramref name="room"/> or both, then the status.</summary>
    /// <param name="type">The request type.</param>
    /// <param name="sector">The first sector.</param>
    /// <param name="data">Bytes for the device.</param>
    /// <param name="room">Bytes from the device.</param>
    /// <returns>The status. For one that is not OK, <see cref="MmioDriver.ShowFailure"/> returns the storage's exception.</returns>
    /// <exception cref="DeviceFailureException">The device has failed and needs a reset; the inner exception is the cause.</exception>
    /// <exception cref="TimeoutException">The device did not complete the request in time.</exception>
    public BlockResult Request(uint type, ulong sector, ReadOnlySpan<byte> data, Span<byte> room)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], sector);
        TestBus bus = _driver.Bus;
        var buffers = new List<DriverBuffer>(4) { DriverBuffer.Readable(bus.Place(header), HeaderLength) };
        if (data.Length > 0)
            buffers.Add(DriverBuffer.Readable(bus.Place(data), data.Length));
        if (room.Length > 0)
            buffers.Add(DriverBuffer.Writable(bus.Allocator.Allocate(room.Length), room.Length));
        buffers.Add(DriverBuffer.Writable(bus.Place([(byte)BlockResult.None]), 1));
        _driver.Queue().Offer([.. buffers]);
        _driver.Queue().Kick();
        _driver.Queue().Collect();
        if (room.Length > 0)
            bus.Memory.TryRead(buffers[^2].Address, room);
        var result = (BlockResult)bus.Read(buffers[^1].Address, 1)[0];
        if (result == BlockResult.None && _driver.NeedsReset)
            throw _driver.Failed($"the device completed the request of type {type} without an answer");
        buffers.ForEach(buffer => bus.Allocator.Free(buffer.Address, (int)buffer.Length));
        return result;
    }
}
