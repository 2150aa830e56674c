using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Queues;

namespace Virtio.Linux;

/// <summary>
/// A queue's signal that the kernel can set too, without a thread of this process in between: a hypervisor's for the guest's kick (KVM's ioeventfd), or another
/// process's. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class EventSignal : QueueSignal
{
    private readonly EventDescriptor _event = new();
    private int _set;
    private bool _isShared;

    /// <summary>The eventfd behind it: whoever adds to its counter sets the signal. It belongs to this object.</summary>
    public SafeFileHandle Handle => _event.Handle;

    /// <summary>
    /// Leaves the waiting to another process that has the eventfd. Nothing here learns when that has read it, so that from now on each <see cref="Set"/> adds to it, and
    /// nobody may <see cref="Wait"/>.
    /// </summary>
    /// <returns>The eventfd. It belongs to this object.</returns>
    public SafeFileHandle Share()
    {
        _event.DoNotBlock();
        Volatile.Write(ref _isShared, true);
        return Handle;
    }

    /// <inheritdoc/>
    public override void Set()
    {
        // Whoever set it first writes, or has written; the waiter clears this after its read and looks at everything after that. What the kernel adds is not
        // known here: then there is one write too many.
        if (Interlocked.Exchange(ref _set, 1) == 0 || Volatile.Read(ref _isShared))
            _event.Add();
    }

    /// <inheritdoc/>
    public override void Wait()
    {
        _event.Take();

        // After the read: the other way round, a signal set in between would be taken away by it, and those that follow would be swallowed.
        Interlocked.Exchange(ref _set, 0);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _event.Dispose();
        base.Dispose(disposing);
    }
}
