using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// The settings that a front-end has sent for one ring, and the queue while the ring is served. Owned by the connection's thread, except
/// where a member says otherwise.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class Ring(int index, QueueCounters counters, Action<BackendRequest, int> send) : IDisposable
{
    // How the front-end is told of used buffers, and of a broken ring; null for messages, or for nothing. Replaced by the connection's
    // thread, read by any thread.
    private DescriptorNotifier? _call;
    private DescriptorNotifier? _error;

    internal int Index => index;

    /// <summary>Counts for every queue at this index, across all front-ends.</summary>
    internal QueueCounters Counters => counters;

    /// <summary>Number of descriptors; 0 until the front-end sets it.</summary>
    internal uint Size { get; set; }

    /// <summary>Addresses of the areas; null until the front-end sets them.</summary>
    internal RingAddresses? Addresses { get; set; }

    /// <summary>
    /// Where the ring begins, as the front-end sets it. Until then the ring is not served: another back-end may have served a part of it.
    /// </summary>
    internal uint? Base { get; set; }

    /// <summary>Where the queue stood when it was stopped. Takes precedence over <see cref="Base"/>.</summary>
    internal QueueState? State { get; set; }

    /// <summary>The front-end has enabled the ring.</summary>
    internal bool IsEnabled { get; set; }

    /// <summary>The front-end has set the kick. The ring is started from then until GET_VRING_BASE stops it.</summary>
    internal bool HasKick { get; set; }

    /// <summary>Receives the front-end's kicks.</summary>
    internal DescriptorSignal Signal { get; } = new();

    /// <summary>The queue while the ring is served. Read by any thread.</summary>
    internal Virtqueue? Queue
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Replaces how the front-end is told of used buffers.</summary>
    internal void ReplaceCall(DescriptorNotifier? call)
    {
        Interlocked.Exchange(ref _call, call)?.Dispose();

        // The last interrupts on the old descriptor may not have arrived, and without a descriptor they were lost.
        if (Queue is not null)
            Call();
    }

    /// <summary>Replaces how the front-end is told that the ring is broken.</summary>
    internal void ReplaceError(DescriptorNotifier? error) => Interlocked.Exchange(ref _error, error)?.Dispose();

    /// <summary>Tells the front-end of used buffers. For any thread.</summary>
    internal void Call() => Notify(Volatile.Read(ref _call), BackendRequest.RingCall);

    /// <summary>Tells the front-end that the ring is broken. For any thread.</summary>
    internal void ReportError() => Notify(Volatile.Read(ref _error), BackendRequest.RingError);

    /// <summary>The front-end is told by messages where it has set no descriptor (in-band notifications). Read by any thread.</summary>
    internal bool IsTalkedOf
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Unblocks a call that waits for room: a front-end can make the descriptor blocking and fill it.</summary>
    internal void UnblockCall() => Volatile.Read(ref _call)?.Unblock();

    /// <summary>Closes the front-end's descriptors. The queue may still be waiting on its signal.</summary>
    internal void ForgetDescriptors()
    {
        UnblockCall();
        Interlocked.Exchange(ref _call, null)?.Dispose();
        ReplaceError(null);
        Signal.Source = null;
    }

    public void Dispose()
    {
        ForgetDescriptors();
        Signal.Dispose();
    }

    private void Notify(DescriptorNotifier? notifier, BackendRequest request)
    {
        if (notifier is not null)
            notifier.Notify();
        else if (IsTalkedOf)
            send(request, index);
    }
}
