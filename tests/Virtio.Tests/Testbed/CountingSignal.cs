using Virtio.Queues;

namespace Virtio.Tests.Testbed;

/// <summary>A signal that counts the calls of its members.</summary>
internal sealed class CountingSignal(Action? onDispose = null) : QueueSignal
{
    private readonly SemaphoreSlim _set = new(0);
    private int _sets;
    private int _disposals;

    internal int Sets => Volatile.Read(ref _sets);

    internal int Disposals => Volatile.Read(ref _disposals);

    public override void Set()
    {
        Interlocked.Increment(ref _sets);
        _set.Release();
    }

    public override void Wait() => _set.Wait();

    protected override void Dispose(bool disposing)
    {
        Interlocked.Increment(ref _disposals);
        onDispose?.Invoke();
        base.Dispose(disposing);
    }
}
