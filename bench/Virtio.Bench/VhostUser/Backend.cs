using System.Net.Sockets;
using Virtio.Bench.Guests;

namespace Virtio.Bench.VhostUser;

/// <summary>A process that serves a disk over vhost-user.</summary>
internal sealed class Backend : IDisposable
{
    internal const string QemuProgram = "/usr/bin/qemu-storage-daemon";
    internal const int MaximumQueues = 4;
    internal const long NullLength = 1L << 30;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly GuestProcess _process;

    private readonly string _socket;
    private readonly string _throughSocket;

    private Backend(GuestProcess process, string socket, string throughSocket)
    {
        _process = process;
        _socket = socket;
        _throughSocket = throughSocket;
    }

    /// <summary>The socket for a driver with this access to the disk.</summary>
    internal string SocketFor(Access access) => access == Access.WriteThrough ? _throughSocket : _socket;

    /// <summary>The processor time of the back-end's process.</summary>
    internal TimeSpan ProcessorTime => _process.ProcessorTime;

    /// <summary>The last line of its standard error.</summary>
    internal string LastError => _process.Errors.Split('\n')[^1];

    /// <summary>
    /// Starts QEMU's daemon, with a separate thread for the disk. There are two exports, because the export, not the driver's features,
    /// decides whether it writes through.
    /// </summary>
    /// <param name="socket">The path of the socket.</param>
    /// <param name="disk">The file, or null for a disk that does nothing.</param>
    internal static Backend StartQemu(string socket, string? disk)
    {
        string backing = disk is null ? $"driver=null-co,size={NullLength},read-zeroes=off" : QemuMicrovm.FastFile(disk);
        string through = socket + "-through";
        string export = $"node-name=disk,addr.type=unix,num-queues={MaximumQueues},iothread=loop{(disk is null ? "" : ",writable=on")}";
        return Start(QemuProgram, socket, through,
        [
            "--object", "iothread,id=loop", "--blockdev", $"{backing},node-name=disk",
            "--export", $"vhost-user-blk,id=back,addr.path={socket},{export}",
            "--export", $"vhost-user-blk,id=through,addr.path={through},writethrough=on,{export}",
        ]);
    }

    /// <summary>Starts the command. It cannot serve a disk that does nothing, so a program that serves in the same way does that.</summary>
    internal static Backend StartVirtio(string socket, string? disk) => disk is null
        ? Start(Repository.NativeHost, socket, socket, ["serve", socket, "null", $"{MaximumQueues}"])
        : Start(
            Repository.NativeCommand,
            socket,
            socket,
            ["serve", "block", disk, "--socket", socket, "--queues", $"{MaximumQueues}", "--packed", "on"]);

    public void Dispose() => _process.Dispose();

    private static Backend Start(string program, string socket, string throughSocket, IReadOnlyList<string> arguments)
    {
        GuestProcess process = GuestProcess.Start(program, arguments);
        while (!Answers(socket) || !Answers(throughSocket))
        {
            if (process.Elapsed > Limit)
            {
                process.Dispose();
                throw new TimeoutException($"{program} does not listen at its socket. {process.Errors}");
            }

            Thread.Sleep(20);
        }

        return new Backend(process, socket, throughSocket);
    }

    // The path exists before a connection to it succeeds.
    private static bool Answers(string socket)
    {
        using var attempt = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            attempt.Connect(new UnixDomainSocketEndPoint(socket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
