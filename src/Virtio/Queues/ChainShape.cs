using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>What is known of a chain while its descriptors are being read: how many bytes there are to read and to write so far, and in how many pieces.</summary>
internal struct ChainShape
{
    private ulong _length;
    private bool _hasWritable;

    internal ulong ReadableLength { get; private set; }

    internal int ReadablePieces { get; private set; }

    internal readonly ulong WritableLength => unchecked(_length - ReadableLength);

    /// <summary>Lengths are told in 32 bits (virtio 1.4, 2.8.13). The sums themselves cannot wrap: there are far fewer than 2^32 descriptors.</summary>
    internal readonly bool IsTooLong => ReadableLength > uint.MaxValue || WritableLength > uint.MaxValue;

    /// <summary>Checks and adds one descriptor's buffer; false when it breaks a rule.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryAdd(GuestBufferList pieces, ulong address, uint length, DescriptorFlags flags)
    {
        bool writable = (flags & DescriptorFlags.Write) != 0;

        // Readable ones come first (virtio 1.4, 2.7.4.2 and 2.8.5), and an empty one carries nothing: drivers never send it.
        if (length == 0 || (_hasWritable && !writable) || !pieces.TryAdd(address, length))
            return false;
        _length = unchecked(_length + length);
        _hasWritable = writable;
        if (!writable)
        {
            ReadableLength = _length;
            ReadablePieces = pieces.Count;
        }

        return true;
    }
}
