namespace Virtio.Tests.Testbed;

/// <summary>A thread of a test, which a failed test does not leave the process waiting for.</summary>
internal static class BackgroundThread
{
    internal static Thread Start(Action action)
    {
        var thread = new Thread(() => action()) { IsBackground = true };
        thread.Start();
        return thread;
    }
}
