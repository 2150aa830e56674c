using System.Net.Sockets;

namespace Virtio.Cli.Consoles;

/// <summary>Listens at a path.</summary>
internal static class SocketListening
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Starts to listen; a socket that a process which is gone has left there is replaced.</summary>
    /// <exception cref="CommandException">It cannot be listened at; the message says why.</exception>
    internal static Socket Start(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            RemoveStale(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));

            // Behind it is a root shell, if only of a guest.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, OwnerOnly);
            listener.Listen();
            return listener;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            listener.Dispose();
            string reason = e is ArgumentOutOfRangeException ? "the path is too long for a socket; give a shorter one" : e.Message;
            throw new CommandException($"--console unix:{path}: cannot listen there: {reason}", e);
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
            throw new CommandException($"--console unix:{path}: there is something else at that path; give another one, or remove it");
        }

        throw new CommandException($"--console unix:{path}: another program listens there; give another path, or end it");
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
