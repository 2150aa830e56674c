using System.Runtime.InteropServices;
using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.Bench.VhostUser;

/// <summary>
/// The requests of one ring in shared memory: of each its header, its status, and the table of its three pieces, all but the sector written once.
/// </summary>
internal sealed class RequestTable
{
    /// <summary>The most requests there are.</summary>
    internal const int MaximumDepth = 32;

    /// <summary>The most bytes of data in a request.</summary>
    internal const int MaximumLength = 128 << 10;

    /// <summary>Bytes of a table.</summary>
    internal const uint Length = 3 * Descriptor.Size;

    /// <summary>What all of it takes at most, in bytes.</summary>
    internal const int Room = (MaximumDepth * BlockLength) + (MaximumDepth * MaximumLength);

    private const int BlockLength = 128;
    private const int SectorOffset = 8;
    private const int StatusOffset = 16;
    private const int TableOffset = 64;
    private const int HeaderLength = 16;
    private const int PageSize = 4096;
    private const int SectorSize = 512;
    private const byte NoStatus = 0xff;
    private const uint ReadType = 0;
    private const uint WriteType = 1;

    private readonly GuestMemory _memory;
    private readonly GuestBuffer _blocks;
    private readonly ulong _address;
    private readonly int _length;
    private readonly bool _writes;

    /// <summary>Lays them out.</summary>
    /// <param name="memory">Shared with the back-end.</param>
    /// <param name="address">Where there is <see cref="Room"/>.</param>
    /// <param name="isPacked">The layout of descriptors.</param>
    /// <param name="length">Bytes of data in each request.</param>
    /// <param name="writes">Whether the requests write.</param>
    internal RequestTable(GuestMemory memory, ulong address, bool isPacked, int length, bool writes)
    {
        _writes = writes;
        _memory = memory;
        _address = address;
        _length = length;
        _blocks = Buffer(address, MaximumDepth * BlockLength);
        for (int i = 0; i < MaximumDepth; i++)
        {
            Span<ulong> table = MemoryMarshal.Cast<byte, ulong>(_blocks.Span.Slice((i * BlockLength) + TableOffset, (int)Length));
            ulong block = address + (ulong)(i * BlockLength);
            Write(table, block, HeaderLength, isPacked ? FlagsOfPacked(0) : FlagsOfSplit(DescriptorFlags.Next, 1));
            DescriptorFlags direction = writes ? 0 : DescriptorFlags.Write;
            Write(table[2..], DataOf(i), length, isPacked ? FlagsOfPacked(direction) : FlagsOfSplit(DescriptorFlags.Next | direction, 2));
            Write(table[4..], block + StatusOffset, 1, isPacked ? FlagsOfPacked(DescriptorFlags.Write) : FlagsOfSplit(DescriptorFlags.Write, 0));
            MemoryMarshal.Write(_blocks.Span[(i * BlockLength)..], writes ? WriteType : ReadType);
        }
    }

    /// <summary>Makes a request of a sector.</summary>
    /// <returns>Where its table is.</returns>
    internal ulong Prepare(int request, long sector)
    {
        Span<byte> block = _blocks.Span.Slice(request * BlockLength, BlockLength);
        MemoryMarshal.Write(block[SectorOffset..], sector);
        block[StatusOffset] = NoStatus;
        if (_writes)
            MarkPages(request, (ulong)sector);
        return _address + (ulong)((request * BlockLength) + TableOffset);
    }

    /// <summary>Whether the device said that it is done.</summary>
    internal bool IsOk(int request) => _blocks.Span[(request * BlockLength) + StatusOffset] == 0;

    /// <summary>Whether what was read is what is in that place: each page begins and ends with the number of its first sector. Overwrites it.</summary>
    internal bool IsRight(int request)
    {
        var sector = MemoryMarshal.Read<ulong>(_blocks.Span[((request * BlockLength) + SectorOffset)..]);
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(Buffer(DataOf(request), _length).Span);
        for (int page = 0; page < words.Length; page += PageSize / sizeof(ulong), sector += PageSize / SectorSize)
        {
            if (words[page] != sector || words[page + (PageSize / sizeof(ulong)) - 1] != sector)
                return false;
        }

        words.Clear();
        return true;
    }

    // So that a later read finds what it looks for.
    private void MarkPages(int request, ulong sector)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(Buffer(DataOf(request), _length).Span);
        for (int page = 0; page < words.Length; page += PageSize / sizeof(ulong), sector += PageSize / SectorSize)
            words[page] = words[page + (PageSize / sizeof(ulong)) - 1] = sector;
    }

    private static void Write(Span<ulong> descriptor, ulong address, int length, ulong flags)
    {
        descriptor[0] = address;
        descriptor[1] = (uint)length | flags;
    }

    private static ulong FlagsOfSplit(DescriptorFlags flags, ulong next) => ((ulong)flags << 32) | (next << 48);

    // In a table of the packed layout one follows the other without saying so (virtio 1.4, 2.8.19).
    private static ulong FlagsOfPacked(DescriptorFlags flags) => (ulong)flags << 48;

    // Where reads are short they lie close together, as they would in a program's buffers.
    private ulong DataOf(int request) => _address + (MaximumDepth * BlockLength) + ((ulong)request * (ulong)_length);

    private GuestBuffer Buffer(ulong address, int length) =>
        _memory.TryGetBuffer(address, length, out GuestBuffer buffer) ? buffer : throw new InvalidOperationException("the memory is too small for the requests");
}
