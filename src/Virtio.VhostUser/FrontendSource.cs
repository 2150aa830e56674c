using System.Net.Sockets;
using System.Runtime.Versioning;
using Virtio.Linux;

namespace Virtio.VhostUser;

/// <summary>Where front-end connections come from. Used by one thread; disposed by another when that thread has ended.</summary>
[SupportedOSPlatform("linux")]
internal sealed class FrontendSource : IDisposable
{
    private static readonly TimeSpan RetryTime = TimeSpan.FromMilliseconds(250);

    private readonly Func<CancellationToken, DescriptorSocket?> _next;
    private readonly Action _dispose;

    private FrontendSource(string place, Func<CancellationToken, DescriptorSocket?> next, Action dispose)
    {
        Place = place;
        _next = next;
        _dispose = dispose;
    }

    /// <summary>The path or a description, for log messages.</summary>
    internal string Place { get; }

    /// <summary>Accepts connections at a socket that this server has made. Disposal removes the socket's file.</summary>
    internal static FrontendSource Listening(Socket listener, string path) => new(path, token => Accept(listener, token), () =>
    {
        // Deleted before the socket is closed: after the close, another server may own the path.
        File.Delete(path);
        listener.Dispose();
    });

    internal static FrontendSource Inherited(Socket socket)
    {
        if (IsListening(socket))
            return new FrontendSource("the socket it was given", token => Accept(socket, token), socket.Dispose);
        Socket? left = socket;
        return new FrontendSource(
            "the connection it was given",
            _ => Interlocked.Exchange(ref left, null) is { } own ? new DescriptorSocket(own) : null,
            socket.Dispose);
    }

    internal static FrontendSource Connecting(string path) => new(path, token => Connect(path, token), () => { });

    /// <summary>Waits for the next front-end's connection.</summary>
    /// <returns>Null when no more can come.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    internal DescriptorSocket? Next(CancellationToken cancellationToken) => _next(cancellationToken);

    public void Dispose() => _dispose();

    private static DescriptorSocket Accept(Socket listener, CancellationToken cancellationToken) =>
        new(listener.AcceptAsync(cancellationToken).AsTask().GetAwaiter().GetResult());

    private static DescriptorSocket Connect(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return DescriptorSocket.Connect(path, Timeout.InfiniteTimeSpan);
            }
            catch (IOException e) when (e.InnerException is SocketException)
            {
                // The front-end does not listen yet.
            }

            cancellationToken.WaitHandle.WaitOne(RetryTime);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static bool IsListening(Socket socket)
    {
        const int SocketLevel = 1; // SOL_SOCKET
        const int AcceptsConnections = 30; // SO_ACCEPTCONN
        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(SocketLevel, AcceptsConnections, value);
        return value[0] != 0;
    }
}
