namespace Virtio.Tests.Testbed;

/// <summary>
/// Repeats an action on a thread of its own until it is disposed. Declare it after the bus whose memory it touches, so that it ends first.
/// </summary>
internal sealed class BackgroundLoop : IDisposable
{
    private readonly Thread _thread;
    private volatile bool _stop;
    private volatile Exception? _failure;

    internal BackgroundLoop(Action step)
    {
        _thread = BackgroundThread.Start(() => Run(step));
    }

    public void Dispose() => Stop();

    /// <summary>Ends the loop, and throws the exception that the action threw, if any.</summary>
    internal void Stop()
    {
        _stop = true;
        _thread.Join();
        Assert.Null(_failure);
    }

    private void Run(Action step)
    {
        try
        {
            while (!_stop)
                step();
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }
}
