using System.ComponentModel;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Linux.Interop;

/// <summary>A file, or a part of it, mapped into this process. The mapping stays while a reference is held, also after disposal.</summary>
internal sealed unsafe class FileMapping : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly nuint _length;

    private FileMapping(nint address, nuint length)
        : base(ownsHandle: true)
    {
        SetHandle(address);
        _length = length;
    }

    /// <summary>Maps the first <paramref name="length"/> bytes of a file. Writes change the file at once.</summary>
    /// <exception cref="IOException">It cannot be mapped.</exception>
    internal static FileMapping Create(SafeFileHandle file, long length, bool isWritable) => Create(file, 0, length, isWritable);

    /// <summary>Maps a part of a file.</summary>
    /// <exception cref="IOException">It cannot be mapped.</exception>
    internal static FileMapping Create(SafeFileHandle file, long offset, long length, bool isWritable)
    {
        int protection = MappingCalls.Readable | (isWritable ? MappingCalls.Writable : 0);
        var mapping = new FileMapping(MappingCalls.Map(0, (nuint)length, protection, MappingCalls.Shared, file, offset), (nuint)length);
        if (!mapping.IsInvalid)
            return mapping;
        var reason = new Win32Exception();
        mapping.SetHandleAsInvalid();
        throw new IOException(reason.Message, reason);
    }

    // SAFETY: callers have checked the range against the length, and hold a reference while they use the bytes.
    internal Span<byte> Bytes(long offset, int length) => new((byte*)handle + offset, length);

    /// <summary>Replaces the file's pages by zeroed private ones, atomically for every other thread.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    internal void Detach()
    {
        int flags = MappingCalls.Private | MappingCalls.Anonymous | MappingCalls.Fixed | MappingCalls.NoReserve;
        if (MappingCalls.Map(handle, _length, MappingCalls.Readable | MappingCalls.Writable, flags, -1, 0) == -1)
            throw new IOException($"memory cannot be detached from its file: {new Win32Exception().Message}");
    }

    protected override bool ReleaseHandle() => MappingCalls.Unmap(handle, _length) == 0;
}
