using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary>The C library's calls for messages with descriptors. All set errno.</summary>
internal static partial class SocketCalls
{
    /// <summary><c>MSG_CMSG_CLOEXEC</c>.</summary>
    internal const int CloseOnExec = 0x40000000;

    /// <summary><c>MSG_NOSIGNAL</c>: an error instead of SIGPIPE where the other side has closed.</summary>
    internal const int NoSignal = 0x4000;

    /// <summary><c>MSG_DONTWAIT</c>.</summary>
    internal const int DoNotWait = 0x40;

    /// <summary><c>MSG_CTRUNC</c>: more descriptors came than there was room for.</summary>
    internal const int ControlTruncated = 8;

    /// <summary><c>SOL_SOCKET</c>.</summary>
    internal const int SocketLevel = 1;

    /// <summary><c>SCM_RIGHTS</c>.</summary>
    internal const int Rights = 1;

    /// <summary><c>AF_UNIX</c>.</summary>
    internal const int Unix = 1;

    /// <summary><c>SOCK_STREAM</c> with <c>SOCK_CLOEXEC</c>.</summary>
    internal const int StreamCloseOnExec = 0x80001;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    internal static partial int CreatePair(int domain, int type, int protocol, Span<int> descriptors);

    [LibraryImport(Library, EntryPoint = "recvmsg", SetLastError = true)]
    internal static partial nint Receive(SafeHandle socket, ref SocketMessage message, int flags);

    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    internal static partial nint Send(SafeHandle socket, in SocketMessage message, int flags);
}
