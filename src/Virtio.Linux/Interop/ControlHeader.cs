using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct cmsghdr</c>. Its data follows without padding, because its size is a multiple of the alignment.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    internal nuint Length;
    internal int Level;
    internal int Type;
}
