using Virtio.Memory;

namespace Virtio.Vmm.Linux;

/// <summary>A range of guest memory that a loader fills from the bottom up, before the guest runs.</summary>
internal sealed class LoadArea
{
    private const int BlockSize = 256 * 1024;

    private readonly GuestMemory _memory;
    private readonly byte[] _block = new byte[BlockSize];

    /// <summary>Creates an empty area; its range must be in <paramref name="memory"/>.</summary>
    public LoadArea(GuestMemory memory, ulong start, ulong length)
    {
        _memory = memory;
        Start = start;
        End = start + length;
        Position = start;
    }

    /// <summary>The first address.</summary>
    public ulong Start { get; }

    /// <summary>The address after the last.</summary>
    public ulong End { get; }

    /// <summary>The address of the next byte; never above <see cref="End"/>.</summary>
    public ulong Position { get; private set; }

    /// <summary>The number of free bytes.</summary>
    public ulong Free => End - Position;

    /// <summary>Leaves a gap; returns false, without a change, if there is not enough room.</summary>
    public bool TrySkip(ulong length)
    {
        if (length > Free)
            return false;

        Position += length;
        return true;
    }

    /// <summary>Leaves a gap up to the next multiple of a power of two, or to the end.</summary>
    public void Align(ulong alignment) => TrySkip(Math.Min((alignment - Position % alignment) % alignment, Free));

    /// <summary>Appends bytes; returns false, without a change, if there is not enough room.</summary>
    public bool TryAppend(ReadOnlySpan<byte> data)
    {
        if ((ulong)data.Length > Free || !_memory.TryWrite(Position, data))
            return false;

        Position += (ulong)data.Length;
        return true;
    }

    /// <summary>
    /// Appends the rest of a stream in blocks; returns false if the stream is longer than the limit or than the room.
    /// </summary>
    public bool TryAppend(Stream source, ulong limit, CancellationToken cancellationToken)
    {
        for (var left = limit; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var length = source.Read(_block);
            if (length == 0)
                return true;
            if ((ulong)length > left || !TryAppend(_block.AsSpan(0, length)))
                return false;

            left -= (ulong)length;
        }
    }
}
