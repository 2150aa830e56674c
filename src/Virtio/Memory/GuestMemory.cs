using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Memory;

/// <summary>
/// Guest RAM: one or more regions with holes between them, in native memory. Every address from a guest is checked here before it is used.
/// Reading, writing and translating are thread-safe. <see cref="Dispose"/> comes last, after every device and processor has stopped.
/// </summary>
public sealed unsafe class GuestMemory : IDisposable
{
    private const ulong PageSize = 4096;

    // A host that uses large pages by itself does so only where both the host address and the guest address are aligned to them.
    private const ulong LargePageSize = 2 << 20;

    // References to memory that must stay mapped: without them a finalizer of the mapping's owner could unmap it.
    private static readonly ConcurrentBag<GuestMemory> Kept = [];

    private readonly Action _free;
    private readonly GuestMemoryRegion[] _regions;
    private readonly GuestMemoryChunk[] _chunks;

    // The chunk in which an address was found last. Any thread replaces it; it is only a hint, checked at each use.
    private GuestMemoryChunk _lastHit;

    // Written by the thread that disposes.
    private bool _disposed;

    // Set by any thread, never cleared.
    private volatile bool _isKept;

    private GuestMemory(GuestMemoryRegion[] regions, Action free)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("virtio is little-endian, and so must be the host");
        _regions = regions;
        _free = free;
        _chunks = [.. regions.SelectMany(ChunksOf)];
        _lastHit = _chunks[0];
    }

    /// <summary>The regions, in ascending order of address; they do not overlap.</summary>
    public IReadOnlyList<GuestMemoryRegion> Regions => _regions;

    /// <summary>Allocates zeroed RAM. On common systems, pages that are never touched take up no memory.</summary>
    /// <param name="ranges">Guest-physical ranges; page-aligned (4 KiB), in ascending order, not overlapping.</param>
    /// <exception cref="ArgumentException">The ranges are empty, unaligned, unordered, or overlap.</exception>
    /// <exception cref="OutOfMemoryException">The host does not have that much memory.</exception>
    public static GuestMemory Allocate(params ReadOnlySpan<(ulong Address, ulong Length)> ranges)
    {
        CheckRanges(ranges);
        var regions = new GuestMemoryRegion[ranges.Length];
        var allocations = new List<nint>();
        void Free() => allocations.ForEach(raw => NativeMemory.Free((void*)raw));
        try
        {
            for (int i = 0; i < ranges.Length; i++)
            {
                // Zeroed allocations of this size are untouched pages from the kernel. The extra bytes leave room to align the start.
                nuint alignment = (nuint)(ranges[i].Length < LargePageSize ? PageSize : LargePageSize);
                nint raw = (nint)NativeMemory.AllocZeroed(checked((nuint)ranges[i].Length + alignment));
                allocations.Add(raw);
                nint aligned = (nint)(((nuint)raw + alignment - 1) & ~(alignment - 1));
                regions[i] = new GuestMemoryRegion(ranges[i].Address, ranges[i].Length, aligned);
            }
        }
        catch
        {
            Free();
            throw;
        }

        return new GuestMemory(regions, Free);
    }

    /// <summary>
    /// Wraps RAM that the caller has mapped: that of another machine monitor, or a mapping of a file that is shared with other processes.
    /// </summary>
    /// <param name="regions">
    /// Page-aligned (4 KiB), in ascending order of address, not overlapping. They must stay mapped and writable until
    /// <paramref name="free"/> is called.
    /// </param>
    /// <param name="free">Called once, by <see cref="Dispose"/>.</param>
    /// <exception cref="ArgumentException">The regions are empty, unaligned, unordered, or overlap.</exception>
    public static GuestMemory Of(IEnumerable<GuestMemoryRegion> regions, Action free)
    {
        ArgumentNullException.ThrowIfNull(regions);
        ArgumentNullException.ThrowIfNull(free);
        GuestMemoryRegion[] own = [.. regions];
        CheckRanges([.. own.Select(region => (region.Address, region.Length))]);
        return new GuestMemory(own, free);
    }

    /// <summary>Copies bytes from guest RAM; returns false and copies nothing when any of them lies outside RAM.</summary>
    public bool TryRead(ulong address, Span<byte> destination)
    {
        if (!Contains(address, (ulong)destination.Length))
            return false;
        while (destination.Length > 0)
        {
            GuestBuffer part = FirstPart(address, (uint)destination.Length);
            part.Span.CopyTo(destination);
            destination = destination[part.Length..];
            address += (uint)part.Length;
        }

        return true;
    }

    /// <summary>Copies bytes to guest RAM; returns false and copies nothing when any of them would lie outside RAM.</summary>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        if (!Contains(address, (ulong)source.Length))
            return false;
        while (source.Length > 0)
        {
            GuestBuffer part = FirstPart(address, (uint)source.Length);
            source[..part.Length].CopyTo(part.Span);
            source = source[part.Length..];
            address += (uint)part.Length;
        }

        return true;
    }

    /// <summary>
    /// Finds a range in place, for code that acts for the guest, such as a driver or a loader. False when the range is empty, outside RAM,
    /// or not contiguous in this process. A range within one GiB of a region, aligned to the region's start, is always contiguous.
    /// </summary>
    public bool TryGetBuffer(ulong address, int length, out GuestBuffer buffer)
    {
        buffer = length > 0 && Contains(address, (uint)length) ? FirstPart(address, (uint)length) : default;
        return length > 0 && buffer.Length == length;
    }

    /// <summary>Translates an address of this process to a guest-physical address; false when it is not in guest RAM.</summary>
    internal bool TryGetAddress(nint host, out ulong address)
    {
        foreach (GuestMemoryRegion region in _regions)
        {
            ulong offset = unchecked((ulong)(host - region.Host));
            if (offset < region.Length)
            {
                address = region.Address + offset;
                return true;
            }
        }

        address = 0;
        return false;
    }

    /// <summary>Whether the whole range is RAM. For an empty range: whether its address is in RAM.</summary>
    public bool Contains(ulong address, ulong length)
    {
        // Walks adjacent chunks. Each step passes a whole chunk, so the number of chunks bounds the steps.
        while (FindChunk(address) is { } chunk)
        {
            ulong available = (ulong)chunk.Length - (address - chunk.Address);
            if (length <= available)
                return true;
            length -= available;
            address += available;
        }

        return false;
    }

    /// <summary>
    /// Makes <see cref="Dispose"/> free nothing, so that the memory stays mapped until the process ends. For a host that gives up a device
    /// which may still write to the memory. A transport calls this when a device does not complete its chains within the limit for its
    /// stop. Thread-safe; without effect after <see cref="Dispose"/>.
    /// </summary>
    public void Keep()
    {
        if (_isKept)
            return;
        _isKept = true;
        Kept.Add(this);
    }

    /// <summary>
    /// Frees the memory, unless it is kept. Stop processors, workers and transports first: a thread that still uses the memory would read
    /// and write other memory of the process.
    /// </summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!_isKept)
            _free();
    }

    /// <summary>The chunk in which an address was found last. The next address nearly always lies there too.</summary>
    internal GuestMemoryChunk LastHit => _lastHit;

    /// <summary>The chunk that contains an address of this process, which must be in guest RAM.</summary>
    internal GuestMemoryChunk ChunkAtHost(nint host)
    {
        GuestMemoryChunk hit = _lastHit;
        if (hit.HasHost(host))
            return hit;
        int index = 0;
        while (!_chunks[index].HasHost(host))
            index++;
        return _chunks[index];
    }

    /// <summary>Reads one 16-byte descriptor, each word once; false when it does not lie in RAM.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryReadDescriptor(ulong address, out Descriptor descriptor)
    {
        GuestMemoryChunk hit = _lastHit;
        ulong offset = unchecked(address - hit.Address);
        if (offset > unchecked(hit.Size - (ulong)Descriptor.Size))
            return TryReadDescriptorSlowly(address, out descriptor);
        ReadOnlySpan<byte> bytes = hit.GetSpan(unchecked((int)offset), Descriptor.Size);
        descriptor = new Descriptor(MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[8..]));
        return true;
    }

    /// <summary>The address in this process of a range within one region, as rings must be; zero for any other range.</summary>
    internal nint HostAddress(ulong address, ulong length)
    {
        foreach (GuestMemoryRegion region in _regions)
        {
            ulong offset = unchecked(address - region.Address);
            if (offset < region.Length && length <= region.Length - offset)
                return region.Host + (nint)offset;
        }

        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadDescriptorSlowly(ulong address, out Descriptor descriptor)
    {
        Span<byte> copy = stackalloc byte[Descriptor.Size];
        bool found = TryRead(address, copy);
        descriptor = new Descriptor(MemoryMarshal.Read<ulong>(copy), MemoryMarshal.Read<ulong>(copy[8..]));
        return found;
    }

    /// <summary>The first part of a range that is contiguous in this process. The range must be RAM.</summary>
    internal GuestBuffer FirstPart(ulong address, uint length)
    {
        GuestMemoryChunk chunk = FindChunk(address)!;
        int offset = (int)(address - chunk.Address);
        return new GuestBuffer(chunk, offset, (int)Math.Min(length, (uint)(chunk.Length - offset)));
    }

    private GuestMemoryChunk? FindChunk(ulong address)
    {
        foreach (GuestMemoryChunk chunk in _chunks)
        {
            if (unchecked(address - chunk.Address) < (ulong)chunk.Length)
                return _lastHit = chunk;
        }

        return null;
    }

    private static IEnumerable<GuestMemoryChunk> ChunksOf(GuestMemoryRegion region)
    {
        for (ulong offset = 0; offset < region.Length; offset += GuestMemoryChunk.MaximumLength)
        {
            int length = (int)Math.Min(GuestMemoryChunk.MaximumLength, region.Length - offset);
            yield return new GuestMemoryChunk(region.Address + offset, region.Host + (nint)offset, length);
        }
    }

    private static void CheckRanges(ReadOnlySpan<(ulong Address, ulong Length)> ranges)
    {
        if (ranges.IsEmpty)
            throw new ArgumentException("guest memory needs at least one range", nameof(ranges));
        ulong end = 0;
        foreach ((ulong address, ulong length) in ranges)
        {
            if (length == 0 || (address | length) % PageSize != 0)
                throw new ArgumentException(
                    $"guest memory range 0x{address:x}+0x{length:x} is not whole pages of {PageSize} bytes", nameof(ranges));
            if (address < end || address > ulong.MaxValue - length)
                throw new ArgumentException(
                    $"guest memory range 0x{address:x}+0x{length:x} overlaps or precedes the one before it", nameof(ranges));
            end = address + length;
        }
    }
}
