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

    private Backend(GuestProcess process, string socket)
    {
        _process = process;
        Socket = socket;
    }

    /// <summary>Where it listens.</summary>
    internal string Socket { get; }

    /// <summary>What it has used of the processors.</summary>
    internal TimeSpan ProcessorTime => _process.ProcessorTime;

    /// <summary>What it said last.</summary>
    internal string LastError => _process.Errors.Split('\n')[^1];

    /// <summary>QEMU's, with a thread of its own for the disk.</summary>
    /// <param name="socket">Where it is to listen.</param>
    /// <param name="disk">The file, or null for a disk that does nothing.</param>
    internal static Backend StartQemu(string socket, string? disk)
    {
        string backing = disk is null ? $"driver=null-co,size={NullLength},read-zeroes=off" : QemuMicrovm.FastFile(disk);
        return Start(QemuProgram, socket,
        [
            "--object", "iothread,id=loop", "--blockdev", $"{backing},node-name=disk",
            "--export", $"vhost-user-blk,id=export,node-name=disk,addr.type=unix,addr.path={socket},num-queues={MaximumQueues},iothread=loop",
        ]);
    }

    /// <summary>The command; where the disk does nothing, which it knows no way to, a program that serves as it does.</summary>
    internal static Backend StartVirtio(string socket, string? disk) => disk is null
        ? Start(Repository.NativeHost, socket, ["serve", socket, "null", $"{MaximumQueues}"])
        : Start(Repository.NativeCommand, socket, ["serve", "block", disk, "--read-only", "--socket", socket, "--queues", $"{MaximumQueues}", "--packed", "on"]);

    public void Dispose() => _process.Dispose();

    private static Backend Start(string program, string socket, IReadOnlyList<string> arguments)
    {
        GuestProcess process = GuestProcess.Start(program, arguments);
        while (!Answers(socket))
        {
            if (process.Elapsed > Limit)
            {
                process.Dispose();
                throw new TimeoutException($"{program} does not listen at its socket. {process.Errors}");
            }

            Thread.Sleep(20);
        }

        return new Backend(process, socket);
    }

    // The path is there before it can be connected to.
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
