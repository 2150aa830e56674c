using System.Runtime.CompilerServices;

namespace Virtio.Memory;

/// <summary>
/// The piece of RAM in which an address was found last, for checks of those that follow: they nearly always lie there too. Small enough to stay in registers.
/// </summary>
internal readonly unsafe struct GuestWindow
{
    private readonly ulong _address;
    private readonly ulong _size;
    private readonly nint _host;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal GuestWindow(GuestMemoryChunk chunk)
    {
        _address = chunk.Address;
        _size = chunk.Size;
        _host = chunk.Host;
    }

    /// <summary>Where a range lies in this process; false when it is empty, or not wholly in here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTranslate(ulong address, uint length, out nint host)
    {
        ulong offset = unchecked(address - _address);

        // A length of 0, less 1, is more than any piece of RAM.
        if (offset >= _size || unchecked(length - 1UL) >= unchecked(_size - offset))
        {
            host = 0;
            return false;
        }

        host = unchecked(_host + (nint)offset);
        return true;
    }

    /// <summary>Copies one 16-byte descriptor out, once; false when it is not in here. It may lie at any address, as an indirect table may.</summary>
    // SAFETY: all 16 bytes were just checked to be RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryReadDescriptor(ulong address, out Descriptor descriptor)
    {
        if (!TryTranslate(address, Descriptor.Size, out nint host))
        {
            descriptor = default;
            return false;
        }

        byte* bytes = (byte*)unchecked((void*)host);
        descriptor = new Descriptor(Unsafe.ReadUnaligned<ulong>(bytes), Unsafe.ReadUnaligned<ulong>(unchecked(bytes + sizeof(ulong))));
        return true;
    }
}
