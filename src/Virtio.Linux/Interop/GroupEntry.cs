using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct group</c>. The pointers point into the buffer of the call that filled it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GroupEntry
{
    internal nint Name;
    internal nint Password;
    internal uint Id;
    internal nint Members;
}
