using System.ComponentModel;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Linux.Interop;

/// <summary>Files that exist only in memory.</summary>
internal static class MemoryFile
{
    /// <summary>Makes a zeroed file whose length can only grow.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    internal static SafeFileHandle Create(string name, long length)
    {
        SafeFileHandle file = MappingCalls.CreateFile(name, MappingCalls.Sealable);
        if (!file.IsInvalid && MappingCalls.SetLength(file, length) == 0
            && DescriptorCalls.Control(file, MappingCalls.AddSeals, MappingCalls.NeverShorter) == 0)
            return file;
        var reason = new Win32Exception();
        file.Dispose();
        throw new IOException($"no shared memory of {length} bytes: {reason.Message}", reason);
    }

    /// <summary>
    /// Size of the pages that a file is mapped with, in bytes. Only a file of huge pages differs from the processor's page size.
    /// </summary>
    internal static ulong PageSizeOf(SafeFileHandle file) =>
        MappingCalls.GetFileSystem(file, out FileSystemStatus status) == 0 && status.Type == FileSystemStatus.HugePages
            ? (ulong)status.BlockSize
            : (ulong)Environment.SystemPageSize;
}
