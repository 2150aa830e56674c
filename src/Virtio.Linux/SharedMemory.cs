using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// A file, or a part of it, that this process and another one have mapped, readable and writable. Where the other process shortens the
/// file, this process reads zeros there and its writes are lost; on processors other than x86-64 the access ends the process. Dispose it
/// after everything that uses it.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class SharedMemory : IDisposable
{
    private readonly FileMapping _mapping;

    // Bytes of the mapping before Address, which need not be page-aligned.
    private readonly int _before;

    // The place of the mapping in the truncation guard; -1 for none.
    private int _guard = -1;

    private SharedMemory(FileMapping mapping, int before, ulong length)
    {
        _mapping = mapping;
        _before = before;
        Length = length;
    }

    /// <summary>The start of the memory in this process.</summary>
    public nint Address => _mapping.DangerousGetHandle() + _before;

    /// <summary>Length in bytes.</summary>
    public ulong Length { get; }

    /// <summary>
    /// The file, to be passed to other processes, where this object has made it; it belongs to this object. Null for a mapped file.
    /// </summary>
    public SafeFileHandle? File { get; private init; }

    /// <summary>
    /// Makes zeroed memory that other processes can map too. No process can shorten it, which would end the others on their next access.
    /// </summary>
    /// <param name="name">Name shown in <c>/proc</c>.</param>
    /// <param name="length">Length in bytes, at least 1.</param>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static SharedMemory Create(string name, ulong length)
    {
        ArgumentOutOfRangeException.ThrowIfZero(length);
        SafeFileHandle file = MemoryFile.Create(name, checked((long)length));
        try
        {
            return new SharedMemory(FileMapping.Create(file, checked((long)length), isWritable: true), 0, length) { File = file };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Maps a part of a file. The file may be closed afterwards.</summary>
    /// <param name="file">A regular file, or one that <c>memfd_create</c> has made.</param>
    /// <param name="offset">Offset of the first byte; need not be aligned.</param>
    /// <param name="length">Length in bytes, at least 1.</param>
    /// <exception cref="IOException">The file has no such part, or the kernel refuses.</exception>
    public static SharedMemory Map(SafeFileHandle file, ulong offset, ulong length)
    {
        ArgumentNullException.ThrowIfNull(file);
        long size = LengthOf(file);
        if (length == 0 || offset > (ulong)size || length > (ulong)size - offset)
            throw new IOException($"the file of {size} bytes has no part of {length} at {offset}");

        // The kernel maps and unmaps whole pages of the file, which may be huge pages.
        ulong page = MemoryFile.PageSizeOf(file);
        ulong before = offset % page;
        ulong mapped = (before + length + page - 1) / page * page;
        FileMapping mapping = FileMapping.Create(file, (long)(offset - before), (long)mapped, isWritable: true);
        int guard = TruncationGuard.Add(mapping.DangerousGetHandle(), (nuint)mapped, (nuint)page);
        return new SharedMemory(mapping, (int)before, length) { _guard = guard };
    }

    /// <summary>
    /// Replaces the file's pages by zeroed private ones at the same address. What other code reads and writes there from then on, no other
    /// process sees. A direct read from a device into the old pages that the kernel has already started is not stopped. Thread-safe; called
    /// before <see cref="Dispose"/>.
    /// </summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public void Detach()
    {
        TruncationGuard.Remove(Interlocked.Exchange(ref _guard, -1));
        _mapping.Detach();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TruncationGuard.Remove(Interlocked.Exchange(ref _guard, -1));
        _mapping.Dispose();
        File?.Dispose();
    }

    private static long LengthOf(SafeFileHandle file)
    {
        try
        {
            return RandomAccess.GetLength(file);
        }
        catch (NotSupportedException e)
        {
            throw new IOException("the descriptor is not a file", e);
        }
    }
}
