using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct statx</c>, which is the same on every processor; only the member that is read has a name.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    [FieldOffset(28)]
    internal ushort Mode;
}
