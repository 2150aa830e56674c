using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// A connected Unix stream socket that can pass descriptors. One thread may receive while another sends; any thread may call
/// <see cref="Shutdown"/>.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DescriptorSocket : IDisposable
{
    private readonly Socket _socket;

    /// <summary>Takes over a connected socket.</summary>
    public DescriptorSocket(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        _socket = socket;
    }

    /// <summary>The descriptor, for poll. It belongs to this object.</summary>
    public SafeHandle Handle => _socket.SafeHandle;

    /// <summary>Makes two sockets that are connected with each other.</summary>
    /// <returns>One of them, and the other for another process.</returns>
    /// <exception cref="IOException">The process has too many descriptors open.</exception>
    public static (DescriptorSocket Own, SafeFileHandle Other) CreatePair()
    {
        Span<int> descriptors = stackalloc int[2];
        if (SocketCalls.CreatePair(SocketCalls.Unix, SocketCalls.StreamCloseOnExec, 0, descriptors) < 0)
            throw new IOException($"no pair of sockets: {new Win32Exception().Message}");
        var own = new SafeSocketHandle(descriptors[0], ownsHandle: true);
        return (new DescriptorSocket(new Socket(own)), new SafeFileHandle(descriptors[1], ownsHandle: true));
    }

    /// <summary>Takes over a descriptor that is a connected socket.</summary>
    /// <exception cref="IOException">It is not a socket.</exception>
    public static DescriptorSocket Of(SafeFileHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        using (handle)
        {
            try
            {
                int own = DescriptorCalls.Duplicate(handle, DescriptorCalls.DuplicateCloseOnExec, 0);

                // Such as when the process has as many descriptors as it may have.
                if (own < 0)
                    throw new IOException($"the descriptor of a socket cannot be duplicated: {Marshal.GetLastPInvokeErrorMessage()}");
                return new DescriptorSocket(new Socket(new SafeSocketHandle(own, ownsHandle: true)));
            }
            catch (SocketException e)
            {
                throw new IOException($"the descriptor is not a socket: {e.Message}", e);
            }
        }
    }

    /// <summary>Receives exactly as many bytes as the buffer has.</summary>
    /// <param name="bytes">The buffer to fill.</param>
    /// <param name="descriptors">The descriptors received are added here; the caller owns them, also after an exception.</param>
    /// <param name="patience">How long each piece after the first byte may take.</param>
    /// <param name="wait">Whether the first byte may take any time.</param>
    /// <returns>False when the other side closed its end before the first byte.</returns>
    /// <exception cref="IOException">The other side closed its end later, took too long, or sent too many descriptors.</exception>
    public bool Receive(Span<byte> bytes, ICollection<SafeFileHandle> descriptors, TimeSpan patience, bool wait)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        for (int done = 0; done < bytes.Length;)
        {
            if (!IsReadable(done == 0 && wait ? Timeout.InfiniteTimeSpan : patience))
                throw new IOException($"the rest of a message did not come within {patience.TotalSeconds} s");
            int count = ReceiveSome(bytes[done..], descriptors);
            if (count == 0)
                return done == 0 ? false : throw new IOException("the connection ended within a message");
            done += count;
        }

        return true;
    }

    /// <summary>Connects to a socket that another process listens at.</summary>
    /// <param name="path">Path of the socket.</param>
    /// <param name="patience">How long a send may wait for the other side to read.</param>
    /// <exception cref="IOException">No process listens at the path.</exception>
    public static DescriptorSocket Connect(string path, TimeSpan patience)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.SendTimeout = (int)patience.TotalMilliseconds;
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return new DescriptorSocket(socket);
        }
        catch (Exception e) when (e is SocketException or ArgumentOutOfRangeException)
        {
            socket.Dispose();
            string reason = (e as SocketException)?.SocketErrorCode switch
            {
                SocketError.AddressNotAvailable => "there is no socket",
                SocketError.ConnectionRefused => "no process listens there",
                null => "the path is too long for a socket",
                _ => e.Message,
            };
            throw new IOException($"cannot connect to {path}: {reason}", e);
        }
    }

    /// <summary>Sends all bytes, and a descriptor with the first of them.</summary>
    /// <exception cref="IOException">The other side has closed the connection, or does not read.</exception>
    public void Send(ReadOnlySpan<byte> bytes, SafeFileHandle? descriptor = null) => Send(bytes, descriptor is null ? [] : [descriptor]);

    /// <summary>Sends all bytes, and up to 32 descriptors with the first of them.</summary>
    /// <exception cref="IOException">The other side has closed the connection, or does not read.</exception>
    public void Send(ReadOnlySpan<byte> bytes, ReadOnlySpan<SafeFileHandle> descriptors)
    {
        while (bytes.Length > 0)
        {
            nint count = DescriptorMessages.Send(_socket.SafeHandle, bytes, descriptors, 0);
            if (count < 0)
            {
                ThrowUnlessInterrupted("cannot be sent to");
                continue;
            }

            descriptors = [];
            bytes = bytes[(int)count..];
        }
    }

    /// <summary>Sends all bytes without waiting.</summary>
    /// <returns>False where there was no room: nothing was sent.</returns>
    public bool TrySend(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return DescriptorMessages.Send(_socket.SafeHandle, bytes, [], SocketCalls.DoNotWait) == bytes.Length;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether the connection has ended in both directions: the other process has closed its end, or has died. A process that has only shut
    /// down its sending side counts as connected. Never waits.
    /// </summary>
    public bool HasEnded()
    {
        try
        {
            Span<PollEntry> entries = [new PollEntry { Descriptor = (int)_socket.SafeHandle.DangerousGetHandle() }];
            return DescriptorCalls.Poll(entries, 1, 0) > 0 && (entries[0].Happened & PollEntry.HungUp) != 0;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Ends the connection; a thread that waits for bytes sees its end. Thread-safe, and may be called again.</summary>
    public void Shutdown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection has ended already.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private int ReceiveSome(Span<byte> bytes, ICollection<SafeFileHandle> descriptors)
    {
        var came = new List<SafeFileHandle>();
        while (true)
        {
            (nint count, bool truncated) = DescriptorMessages.Receive(_socket.SafeHandle, bytes, came);
            came.ForEach(descriptors.Add);
            if (truncated)
                throw new IOException($"a message came with more than {DescriptorMessages.MaximumDescriptors} descriptors");
            if (count >= 0)
                return (int)count;
            ThrowUnlessInterrupted("cannot be received from");
        }
    }

    private bool IsReadable(TimeSpan patience)
    {
        long end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            int left = patience == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Clamp(end - Environment.TickCount64, 0, int.MaxValue);
            int descriptor = (int)_socket.SafeHandle.DangerousGetHandle();
            Span<PollEntry> entries = [new PollEntry { Descriptor = descriptor, Events = PollEntry.Readable }];
            int count = DescriptorCalls.Poll(entries, 1, left);
            if (count >= 0)
                return count > 0;
            ThrowUnlessInterrupted("cannot be waited for");
        }
    }

    private static void ThrowUnlessInterrupted(string what)
    {
        if (Marshal.GetLastPInvokeError() != DescriptorCalls.Interrupted)
            throw new IOException($"the socket {what}: {new Win32Exception().Message}");
    }
}
