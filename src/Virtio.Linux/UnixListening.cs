using System.Net.Sockets;

namespace Virtio.Linux;

/// <summary>Listens for connections at a path.</summary>
public static class UnixListening
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Starts to listen, for processes of the same user. A socket that a process which is gone has left there is replaced; one that is listened at is not, nor is any
    /// other file.
    /// </summary>
    /// <exception cref="IOException">It cannot be listened at; the message says why and what to do.</exception>
    public static Socket Start(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            RemoveStale(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, OwnerOnly);
            listener.Listen();
            return listener;
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException or ArgumentException)
        {
            listener.Dispose();
            string reason = e is ArgumentOutOfRangeException ? "the path is too long for a socket; give a shorter one"
                : Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))) ? e.Message
                : "there is no such folder; make it first";
            throw new IOException($"cannot listen at {path}: {reason}", e);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private static void RemoveStale(string path)
    {
        if (!File.Exists(path))
            return;
        using var attempt = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            attempt.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && !CanBeOpened(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException)
        {
            throw new IOException($"cannot listen at {path}: there is something else; give another path, or remove it");
        }

        throw new IOException($"cannot listen at {path}: another program listens there; give another path, or end it");
    }

    // Connecting to a file is refused just like connecting to a socket that nobody listens at; only a file can be opened.
    private static bool CanBeOpened(string path)
    {
        try
        {
            File.OpenHandle(path).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
