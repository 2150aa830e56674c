using System.Runtime.InteropServices;
using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.Bench.VhostUser;

/// <summary>
/// The requests of one ring in shared memory: for each its header, its status, and the table of its three pieces. Only the sector changes
/// after the layout is written.
/// </summary>
internal sealed class RequestTable
{
    /// <summary>The maximum number of requests.</summary>
    internal const int MaximumDepth = 32;

    /// <summary>The maximum number of data bytes in a request.</summary>
    internal const int MaximumLength = 128 << 10;

    /// <summary>The length of a table in bytes.</summary>
    internal const uint Length = 3 * Descriptor.Size;

    /// <summary>The maximum size of everything, in bytes.</summary>
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

    /// <summary>Lays out the requests.</summary>
    /// <param name="memory">Shared with the back-end.</param>
    /// <param name="address">The address of an area of <see cref="Room"/> bytes.</param>
    /// <param name="isPacked">Whether the descriptors have the packed layout.</param>
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
            DescriptorFlags status = DescriptorFlags.Write;
            Write(table[4..], block + StatusOffset, 1, isPacked ? FlagsOfPacked(status) : FlagsOfSplit(status, 0));
            MemoryMarshal.Write(_blocks.Span[(i * BlockLength)..], writes ? WriteType : ReadType);
        }
    }

    /// <summary>Prepares a request for a sector.</summary>
    /// <returns>The address of its table.</returns>
    internal ulong Prepare(int request, long sector)
    {
        Span<byte> block = _blocks.Span.Slice(request * BlockLength, BlockLength);
        MemoryMarshal.Write(block[SectorOffset..], sector);
        block[StatusOffset] = NoStatus;
        if (_writes)
            MarkPages(request, (ulong)sector);
        return _address + (ulong)((request * BlockLength) + TableOffset);
    }

    /// <summary>Whether the device completed the request with success.</summary>
    internal bool IsOk(int request) => _blocks.Span[(request * BlockLength) + StatusOffset] == 0;

    /// <summary>
    /// Whether a read returned the data of its sectors: each page begins and ends with the number of its first sector. Clears the data.
    /// </summary>
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

    // Marks the data, so that a later read of these sectors finds the marks it checks.
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

    // In an indirect table of the packed layout descriptors follow each other without the NEXT flag (virtio 1.4, 2.8.19).
    private static ulong FlagsOfPacked(DescriptorFlags flags) => (ulong)flags << 48;

    // The data of short reads is close together, as in a program's buffers.
    private ulong DataOf(int request) => _address + (MaximumDepth * BlockLength) + ((ulong)request * (ulong)_length);

    private GuestBuffer Buffer(ulong address, int length) =>
        _memory.TryGetBuffer(address, length, out GuestBuffer buffer)
            ? buffer
            : throw new InvalidOperationException("the memory is too small for the requests");
}
