namespace Virtio.Tests.Testbed;

/// <summary>A background thread, so that the process can end even if a failed test leaves the thread running.</summary>
internal static class BackgroundThread
{
    internal static Thread Start(Action action)
    {
        var thread = new Thread(() => action()) { IsBackground = true };
        thread.Start();
        return thread;
    }
}
