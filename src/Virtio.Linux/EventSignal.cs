using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Queues;

namespace Virtio.Linux;

/// <summary>
/// A queue's signal that the kernel can set without a thread of this process: for a guest's notification (KVM's ioeventfd), or for another
/// process. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class EventSignal : QueueSignal
{
    private readonly EventDescriptor _event = new();
    private int _set;
    private bool _isShared;

    /// <summary>The eventfd of the signal: adding to its counter sets the signal. It belongs to this object.</summary>
    public SafeFileHandle Handle => _event.Handle;

    /// <summary>
    /// Leaves the waiting to another process that has the eventfd. This process does not learn when that one has read it. So from now on
    /// each <see cref="Set"/> adds to it, and this process must not call <see cref="Wait"/>.
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
        // The first thread to set the flag writes to the eventfd, or has written. The waiter clears the flag after its read and then looks
        // at all work. The kernel does not set the flag, which costs one write too many at most.
        if (Interlocked.Exchange(ref _set, 1) == 0 || Volatile.Read(ref _isShared))
            _event.Add();
    }

    /// <inheritdoc/>
    public override void Wait()
    {
        _event.Take();

        // After the read. If the flag were cleared first, a signal set in between would be consumed by the read, and the following ones
        // would be suppressed by the flag.
        Interlocked.Exchange(ref _set, 0);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _event.Dispose();
        base.Dispose(disposing);
    }
}
