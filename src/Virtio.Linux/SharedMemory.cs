using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// A file, or a part of one, that another process has too, in this process's memory, readable and writable. Where the other one shortens the file, this one reads zeros there and
/// what it writes is lost; on processors other than x86-64 that ends the process. Disposed last, after everything that uses it.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class SharedMemory : IDisposable
{
    private readonly FileMapping _mapping;
    private readonly int _before;
    private int _guard = -1;

    private SharedMemory(FileMapping mapping, int before, ulong length)
    {
        _mapping = mapping;
        _before = before;
        Length = length;
    }

    /// <summary>Where it begins in this process.</summary>
    public nint Address => _mapping.DangerousGetHandle() + _before;

    /// <summary>Length in bytes.</summary>
    public ulong Length { get; }

    /// <summary>The file, where it was made here, to be handed to other processes; it belongs to this object. Null where it was mapped.</summary>
    public SafeFileHandle? File { get; private init; }

    /// <summary>Makes zeroed memory that other processes can have too. None of them can make it shorter, which would end whoever uses what is gone.</summary>
    /// <param name="name">For people, in <c>/proc</c>.</param>
    /// <param name="length">In bytes, at least 1.</param>
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
    /// <param name="file">A file, or what <c>memfd_create</c> makes.</param>
    /// <param name="offset">Of the first byte; any.</param>
    /// <param name="length">In bytes, at least 1.</param>
    /// <exception cref="IOException">The file has no such part, or the kernel refuses.</exception>
    public static SharedMemory Map(SafeFileHandle file, ulong offset, ulong length)
    {
        ArgumentNullException.ThrowIfNull(file);
        long size = LengthOf(file);
        if (length == 0 || offset > (ulong)size || length > (ulong)size - offset)
            throw new IOException($"the file of {size} bytes has no part of {length} at {offset}");

        // The kernel maps whole pages of the file, which may be huge ones, and unmaps nothing else.
        ulong page = MemoryFile.PageSizeOf(file);
        ulong before = offset % page;
        ulong mapped = (before + length + page - 1) / page * page;
        FileMapping mapping = FileMapping.Create(file, (long)(offset - before), (long)mapped, isWritable: true);
        int guard = TruncationGuard.Add(mapping.DangerousGetHandle(), (nuint)mapped, (nuint)page);
        return new SharedMemory(mapping, (int)before, length) { _guard = guard };
    }

    /// <summary>
    /// Puts zeroed memory of this process's own in the file's place, at the same address: what code that still has the address reads and writes from here on, no other
    /// process sees. Code that the kernel already runs for a direct read from a device into these pages is not stopped. Thread-safe, before <see cref="Dispose"/>.
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
            throw new IOException("the descriptor is not one of a file", e);
        }
    }
}
