using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoVector
{
    internal nint Base;
    internal nuint Length;
}
