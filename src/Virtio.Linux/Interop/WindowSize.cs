using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct winsize</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WindowSize
{
    internal ushort Rows;
    internal ushort Columns;
    internal ushort HorizontalPixels;
    internal ushort VerticalPixels;
}
