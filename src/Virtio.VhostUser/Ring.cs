using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>What a front-end said about one ring, and the queue that came of it. For the connection's thread, but for what it says.</summary>
[SupportedOSPlatform("linux")]
internal sealed class Ring(int index, QueueCounters counters, Action<BackendRequest, int> send) : IDisposable
{
    private DescriptorNotifier? _call;
    private DescriptorNotifier? _error;

    internal int Index => index;

    /// <summary>Of every queue that was ever made in this place, whoever the front-end was.</summary>
    internal QueueCounters Counters => counters;

    internal uint Size { get; set; }

    internal RingAddresses? Addresses { get; set; }

    /// <summary>Where to begin, as the front-end says it. Until it has, the ring is not served: what it holds may have been served by somebody else.</summary>
    internal uint? Base { get; set; }

    /// <summary>Where the queue stood when it was stopped; before <see cref="Base"/> where it is known.</summary>
    internal QueueState? State { get; set; }

    /// <summary>The device may serve it.</summary>
    internal bool IsEnabled { get; set; }

    /// <summary>The front-end has said how it kicks. From then on the ring is started, until it asks where the ring stands.</summary>
    internal bool HasKick { get; set; }

    /// <summary>Kicks come through it.</summary>
    internal DescriptorSignal Signal { get; } = new();

    /// <summary>The queue while it is served. Read by any thread.</summary>
    internal Virtqueue? Queue
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>How the front-end is told of used buffers. Read by the queue's worker.</summary>
    internal void ReplaceCall(DescriptorNotifier? call)
    {
        Interlocked.Exchange(ref _call, call)?.Dispose();

        // What became of the last interrupts on the old way nobody knows; on none they were lost.
        if (Queue is not null)
            Call();
    }

    /// <summary>How the front-end is told that the ring is broken. Read by any thread.</summary>
    internal void ReplaceError(DescriptorNotifier? error) => Interlocked.Exchange(ref _error, error)?.Dispose();

    /// <summary>Tells the front-end of used buffers. For any thread.</summary>
    internal void Call() => Notify(Volatile.Read(ref _call), BackendRequest.RingCall);

    /// <summary>Tells the front-end that the ring is broken. For any thread.</summary>
    internal void ReportError() => Notify(Volatile.Read(ref _error), BackendRequest.RingError);

    /// <summary>The front-end is told by messages where it has given no other way. Read by any thread.</summary>
    internal bool IsTalkedOf
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Ends a call that waits for room, which a front-end can make it do.</summary>
    internal void UnblockCall() => Volatile.Read(ref _call)?.Unblock();

    /// <summary>Closes what came from the front-end. The queue may still be waiting on its signal.</summary>
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
