using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct statx</c>, the same on every processor. Only the member that is read is declared.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    [FieldOffset(28)]
    internal ushort Mode;
}
