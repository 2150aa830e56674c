using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>A signal without a waiter: the thread that sets it does the waiter's work.</summary>
internal sealed class RegisterSignal(Action serve) : QueueSignal
{
    private bool _serving;

    public override void Set()
    {
        if (_serving)
            return;
        _serving = true;
        try
        {
            serve();
        }
        finally
        {
            _serving = false;
        }
    }

    public override void Wait()
    {
    }
}
