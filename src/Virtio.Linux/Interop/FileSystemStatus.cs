using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct statfs</c>. Only its first members are declared.</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
internal struct FileSystemStatus
{
    /// <summary><c>HUGETLBFS_MAGIC</c>.</summary>
    internal const long HugePages = 0x958458f6;

    internal long Type;
    internal long BlockSize;
}
