using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    /// <summary><c>POLLIN</c>.</summary>
    internal const short Readable = 1;

    /// <summary><c>POLLOUT</c>.</summary>
    internal const short Writable = 4;

    /// <summary><c>POLLHUP</c>, which is always reported.</summary>
    internal const short HungUp = 0x10;

    internal int Descriptor;
    internal short Events;
    internal short Happened;
}
