using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>Listens for connections at a path.</summary>
public static class UnixListening
{
    /// <summary>The mode of a socket for processes of the same user: 0600. A process needs write permission to connect.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Permissions = (UnixFileMode)0x1ff;
    private const int LongestGroupEntry = 1 << 20;

    /// <summary>
    /// Starts to listen, for processes of the same user. A socket that a dead process has left there is replaced. A socket that a process
    /// listens at, and any other file, is not.
    /// </summary>
    /// <exception cref="IOException">The path cannot be listened at; the message says why and what to do.</exception>
    public static Socket Start(string path) => Start(path, OwnerOnly, null);

    /// <summary>Starts to listen, for processes with the given permissions.</summary>
    /// <param name="path">Path of the socket.</param>
    /// <param name="mode">Permissions of the socket, 0 to 0777. The process's umask does not apply.</param>
    /// <param name="group">Name or number of the socket's group; null for the group that the process or the folder gives it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The mode has bits beyond 0777.</exception>
    /// <exception cref="IOException">The path cannot be listened at, or the process may not set the group; the message says why and what to
    /// do.</exception>
    public static Socket Start(string path, UnixFileMode mode, string? group)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if ((mode & ~Permissions) != 0)
            throw new ArgumentOutOfRangeException(nameof(mode), mode, "the mode of a socket is 0 to 0777");
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        bool isBound = false;
        try
        {
            uint? id = group is null ? null : FindGroup(group, path);
            RemoveStale(path);
            HideUntilListening(listener);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            isBound = true;
            SetAccess(path, mode, id, group);
            listener.Listen();
            return listener;
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException or ArgumentException)
        {
            Abandon(listener, path, isBound);
            string reason = e is ArgumentOutOfRangeException ? "the path is too long for a socket; give a shorter one"
                : Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))) ? e.Message
                : "there is no such folder; make it first";
            throw new IOException($"cannot listen at {path}: {reason}", e);
        }
        catch
        {
            Abandon(listener, path, isBound);
            throw;
        }
    }

    // Linux gives the file the mode of the unbound socket, without the umask's bits. So the socket is never accessible to more processes
    // than in the end. Where a kernel refuses this, the file has another mode until SetAccess; no process can connect then, because the
    // socket does not listen yet.
    private static void HideUntilListening(Socket listener)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var descriptor = new SafeFileHandle(listener.Handle, ownsHandle: false);
        try
        {
            File.SetUnixFileMode(descriptor, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // SetAccess sets the mode, or fails.
        }
    }

    // The group is set first: the former group must not get the permissions of the new mode.
    private static void SetAccess(string path, UnixFileMode mode, uint? group, string? name)
    {
        if (OperatingSystem.IsWindows())
            return;
        if (group is { } id && GroupCalls.ChangeOwner(path, GroupCalls.Unchanged, id) < 0)
        {
            throw new IOException(
                $"cannot listen at {path}: the socket cannot be given to group {name}: {new Win32Exception().Message}; "
                + "run as root or as a member of the group");
        }

        File.SetUnixFileMode(path, mode);
    }

    private static uint FindGroup(string group, string path)
    {
        if (uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id != GroupCalls.Unchanged)
            return id;
        for (int length = 1024; !OperatingSystem.IsWindows() && length <= LongestGroupEntry; length *= 4)
        {
            int error = GroupCalls.FindByName(group, out GroupEntry entry, new byte[length], (nuint)length, out nint result);
            if (error == 0 && result != 0)
                return entry.Id;
            if (error != GroupCalls.BufferTooShort)
                break;
        }

        throw new IOException(
            $"cannot listen at {path}: there is no group '{group}'; give the name or the number of a group of this host");
    }

    private static void Abandon(Socket listener, string path, bool isBound)
    {
        // Deleted before the socket is closed: after the close, another server may own the path.
        if (isBound)
            File.Delete(path);
        listener.Dispose();
    }

    private static void RemoveStale(string path)
    {
        FileKind kind = FileKinds.Of(path);
        if (kind == FileKind.None)
            return;

        // On other hosts the kind of the file is unknown, and the connection attempt decides: no process can listen at a file.
        if (kind != FileKind.Socket && OperatingSystem.IsLinux())
        {
            throw new IOException(
                $"cannot listen at {path}: it is {FileKinds.Describe(kind)}, not a socket; give another path, or remove it");
        }

        using var attempt = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            attempt.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && kind == FileKind.Socket)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw new IOException(
                $"cannot listen at {path}: it is {FileKinds.Describe(kind)} that cannot be connected to ({e.Message}); "
                + "give another path, or remove it",
                e);
        }

        throw new IOException($"cannot listen at {path}: another program listens there; give another path, or end it");
    }
}
