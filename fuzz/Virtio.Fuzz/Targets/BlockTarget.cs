using System.Buffers.Binary;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Queues;
using Virtio.Storage;

namespace Virtio.Fuzz.Targets;

/// <summary>A block request, cut into arbitrary pieces. The status, the length and the image are compared with the expected ones.</summary>
internal sealed class BlockTarget : IFuzzTarget
{
    private const int Sectors = 8;
    private const int SectorSize = 512;
    private const int HeaderLength = 16;
    private const ulong Request = GuestRam.Start + 0x6000;
    private const ulong Room = GuestRam.Start + 0x7000;
    private const byte Ok = 0;
    private const byte IoError = 1;
    private const byte Unsupported = 2;

    private readonly GuestRam _ram = new();
    private readonly byte[] _image = new byte[Sectors * SectorSize];
    private readonly byte[] _expected = new byte[Sectors * SectorSize];
    private readonly byte[] _original = new byte[Sectors * SectorSize];
    private readonly BlockDevice _disk;
    private readonly BlockDevice _readOnly;

    internal BlockTarget()
    {
        new Random(2).NextBytes(_original);
        _disk = new BlockDevice(new MemoryStorage(_image));
        var readOnly = new BlockDeviceOptions { ReadOnly = true, SerialNumber = "a disk of 20 letters" };
        _readOnly = new BlockDevice(new MemoryStorage(_image), readOnly);
    }

    public string Name => "block";

    public string Summary => "the bytes of a block request and how they are cut";

    public void Run(ReadOnlySpan<byte> bytes)
    {
        var input = new FuzzInput(bytes);
        _ram.Reset();
        _original.CopyTo(_image, 0);
        byte how = input.Byte();
        int readablePiece = 1 + input.Byte();
        int writablePiece = 1 + input.Byte();
        int room = input.UInt16() % 0x800;
        byte[] request = Shape(ref input, (how & 2) != 0);
        if (request.Length + room == 0)
            return;
        readablePiece = Math.Max(readablePiece, (request.Length / 400) + 1);
        writablePiece = Math.Max(writablePiece, (room / 400) + 1);
        BlockDevice disk = (how & 1) != 0 ? _readOnly : _disk;
        BlockFeatures features = (how & 4) != 0 ? BlockFeatures.Flush : 0;
        var queue = new OneQueue(_ram, packed: (how & 8) != 0);
        _ram.Write(Request, request);
        queue.Offer(Request, request.Length, readablePiece, Room, room, writablePiece);
        var activation = new DeviceActivation(
            (ulong)features,
            () => { },
            (reason, _) => throw new FindingException(reason),
            NullLogger.Instance);
        Check.That(queue.Queue.TryDequeue(out DescriptorChain chain));
        var requests = new BlockQueue(disk, activation, queue.Queue.Stopping);
        requests.Handle(chain);
        requests.EndBatch();
        Check.That(queue.Queue.Outstanding == 0);
        AssertAnswer(disk, request, room, queue.TakeUsed());
    }

    // Most inputs get a meaningful header; any header is possible.
    private static byte[] Shape(ref FuzzInput input, bool raw)
    {
        if (raw)
            return input.Bytes(0x1000).ToArray();
        byte type = input.Byte();
        byte sector = input.Byte();
        byte data = input.Byte();
        byte[] request = new byte[HeaderLength + ((data & 0xf) * SectorSize / 2)];
        BinaryPrimitives.WriteUInt32LittleEndian(request, type < 0xf0 ? type % 16u : input.UInt32());
        ulong place = sector < 0xf0 ? sector % 12ul : sector < 0xf8 ? ulong.MaxValue - (sector & 7u) : input.UInt64();
        BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(8), place);
        input.Bytes(request.Length - HeaderLength).CopyTo(request.AsSpan(HeaderLength));
        return request;
    }

    private void AssertAnswer(BlockDevice disk, byte[] request, int room, uint? used)
    {
        _original.CopyTo(_expected, 0);
        byte[] answer = new byte[Math.Max(room - 1, 0)];
        (byte status, int written) = room == 0 ? (Ok, 0) : Expect(disk, request, answer);
        Check.That(_expected.AsSpan().SequenceEqual(_image));
        if (room == 0)
        {
            Check.That(used == 0u);
            _ram.AssertUntouched();
            return;
        }

        // The length counts the bytes written from the first one on without a gap; the status is the last byte.
        Check.That(used == (uint)(written == answer.Length ? room : written));
        _ram.Permit(Room + (ulong)(room - 1), 1);
        Check.That(_ram.Read<byte>(Room + (ulong)(room - 1)) == status);
        byte[] found = new byte[written];
        Check.That(_ram.Memory.TryRead(Room, found) && found.AsSpan().SequenceEqual(answer.AsSpan(0, written)));
        _ram.Permit(Room, written);
        _ram.AssertUntouched();
    }

    /// <summary>
    /// The status, the number of data bytes, and the data by virtio 1.4, 5.2.6. A write changes the expected image.
    /// </summary>
    private (byte Status, int Written) Expect(BlockDevice disk, byte[] request, byte[] answer)
    {
        if (request.Length < HeaderLength)
            return (IoError, 0);
        ulong sector = BinaryPrimitives.ReadUInt64LittleEndian(request.AsSpan(8));
        ReadOnlySpan<byte> data = request.AsSpan(HeaderLength);
        switch (BinaryPrimitives.ReadUInt32LittleEndian(request))
        {
            case 0 when Fits(sector, answer.Length):
                _original.AsSpan((int)sector * SectorSize, answer.Length).CopyTo(answer);
                return (Ok, answer.Length);
            case 1 when !disk.IsReadOnly && Fits(sector, data.Length):
                data.CopyTo(_expected.AsSpan((int)sector * SectorSize));
                return (Ok, 0);
            case 0 or 1:
                return (IoError, 0);
            case 4:
                return (Ok, 0);
            case 8:
                int length = Math.Min(20, answer.Length);
                disk.SerialNumberBytes.AsSpan(0, length).CopyTo(answer);
                return (Ok, length);
            default:
                return (Unsupported, 0);
        }
    }

    private static bool Fits(ulong sector, int length) =>
        length % SectorSize == 0 && (UInt128)sector + (uint)(length / SectorSize) <= Sectors;
}
