using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct cmsghdr</c>; what it announces follows at once, as its own size is one of alignment.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    internal nuint Length;
    internal int Level;
    internal int Type;
}
