using System.Diagnostics;

namespace Virtio.Kvm.Tests.Testbed;

/// <summary>Runs a vCPU on a thread until disposal. Other threads can request exits and wait for them.</summary>
internal sealed class RunningVcpu : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly KvmVcpu _vcpu;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private readonly long[] _asked;
    private readonly long[] _seen;
    private volatile bool _isOver;
    private Exception? _failure;

    /// <param name="vcpu">The vCPU.</param>
    /// <param name="askers">Number of threads that will request exits.</param>
    internal RunningVcpu(KvmVcpu vcpu, int askers)
    {
        _vcpu = vcpu;
        _asked = new long[askers];
        _seen = new long[askers];
        _thread = new Thread(() => _failure = Record.Exception(Run)) { IsBackground = true, Name = "vcpu" };
        _thread.Start();
    }

    /// <summary>Requests an exit and waits until the vCPU was interrupted after that.</summary>
    internal void Interrupt(int asker)
    {
        long request = Interlocked.Increment(ref _asked[asker]);
        _vcpu.RequestExit();
        long start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            while (_seen[asker] < request)
                Assert.True(Monitor.Wait(_gate, Limit - Stopwatch.GetElapsedTime(start)), $"Request {request} of asker {asker} was lost");
        }
    }

    public void Dispose()
    {
        _isOver = true;
        _vcpu.RequestExit();
        Assert.True(_thread.Join(Limit), "The vCPU does not stop");
        Assert.Null(_failure);
    }

    private void Run()
    {
        while (!_isOver)
        {
            if (_vcpu.Run() != KvmExitReason.Interrupted)
                continue;
            lock (_gate)
            {
                // This interruption, or one that is still to come, serves the requests made before now.
                for (int i = 0; i < _seen.Length; i++)
                    _seen[i] = Interlocked.Read(ref _asked[i]);
                Monitor.PulseAll(_gate);
            }
        }
    }
}
