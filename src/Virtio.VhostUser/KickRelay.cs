using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.Queues;

namespace Virtio.VhostUser;

/// <summary>
/// Passes the driver's notifications on to an eventfd, on its own thread. For a transport whose queue signals are not eventfds.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class KickRelay : IDisposable
{
    private readonly QueueSignal _signal;
    private readonly EventSignal _kick = new();
    private readonly Thread _thread;
    private volatile bool _stop;

    internal KickRelay(string name, QueueSignal signal)
    {
        _signal = signal;
        Handle = _kick.Share();
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>The eventfd; it belongs to this object.</summary>
    internal SafeFileHandle Handle { get; }

    public void Dispose()
    {
        _stop = true;
        _signal.Set();
        _thread.Join();
        _kick.Dispose();
    }

    private void Run()
    {
        for (_signal.Wait(); !_stop; _signal.Wait())
            _kick.Set();
    }
}
