using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct msghdr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SocketMessage
{
    internal nint Name;
    internal uint NameLength;
    internal nint Vectors;
    internal nuint VectorCount;
    internal nint Control;
    internal nuint ControlLength;
    internal int Flags;
}
