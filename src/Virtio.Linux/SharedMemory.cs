using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// A part of a file that another process has too, in this process's memory, readable and writable. Where the other one shortens the file, this one reads zeros there and
/// what it writes is lost; on processors other than x86-64 that ends the process. Disposed last, after everything that uses it.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class SharedMemory : IDisposable
{
    // The kernel maps whole pages. A file of huge pages is mapped from a multiple of those on, or not at all.
    private const ulong PageSize = 4096;

    private readonly FileMapping _mapping;
    private readonly int _before;
    private int _guard;

    private SharedMemory(FileMapping mapping, int before, ulong length, nuint pageSize)
    {
        _mapping = mapping;
        _before = before;
        Length = length;
        _guard = TruncationGuard.Add(mapping.DangerousGetHandle(), (nuint)length + (nuint)before, pageSize);
    }

    /// <summary>Where it begins in this process.</summary>
    public nint Address => _mapping.DangerousGetHandle() + _before;

    /// <summary>Length in bytes.</summary>
    public ulong Length { get; }

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

        ulong before = offset % PageSize;
        return new SharedMemory(FileMapping.Create(file, (long)(offset - before), (long)(length + before), isWritable: true), (int)before, length, (nuint)PageSize);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TruncationGuard.Remove(Interlocked.Exchange(ref _guard, -1));
        _mapping.Dispose();
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
