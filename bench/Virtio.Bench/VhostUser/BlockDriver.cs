using System.Diagnostics;
using System.Runtime.Versioning;
using Virtio.Bench.VhostUser.Interop;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.VhostUser;
using Virtio.VhostUser.Protocol;

namespace Virtio.Bench.VhostUser;

/// <summary>
/// A disk's driver without a guest: it connects to a back-end over vhost-user, shares memory with it and keeps its rings full. One thread
/// drives all rings and sleeps on one eventfd for all of them.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class BlockDriver : IDisposable
{
    private const ulong Flush = 1 << 9;
    private const ulong MultipleQueues = 1 << 12;
    private const ulong AreaLength = 3 * DriverRing.AreaLength;

    // Ring, requests and data of one queue, rounded up to 64 KiB.
    private const ulong QueueRoom = (AreaLength + RequestTable.Room + 0xffff) & ~0xffffUL;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Job _job;
    private readonly GuestMemory _memory;
    private readonly BackendClient _backend;
    private readonly EventDescriptor _call = new();
    private readonly EventDescriptor _error = new();
    private readonly DriverQueue[] _queues;

    /// <summary>Connects to a back-end and starts the rings that a job needs.</summary>
    internal BlockDriver(string socket, DriverKind kind, Job job, long length)
    {
        _job = job;
        _memory = SharedGuestMemory.Allocate((0UL, QueueRoom * (ulong)job.Queues));
        ProtocolFeatures protocol = kind.KeepsInflight ? ProtocolFeatures.InflightInSharedMemory : ProtocolFeatures.None;
        _backend = BackendClient.Connect(socket, Patience, protocol);
        var random = new Random(1);
        _queues =
        [
            .. Enumerable.Range(0, job.Queues).Select(i =>
                new DriverQueue(_memory, QueueRoom * (ulong)i, AreaLength, kind.IsPacked, job, length, random.NextInt64())),
        ];
        VirtioFeatures features = VirtioFeatures.Version1 | VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex
            | (kind.IsPacked ? VirtioFeatures.RingPacked : 0);
        if (((VirtioFeatures)_backend.Features & features) != features)
            throw new InvalidOperationException($"the back-end lacks {features & ~(VirtioFeatures)_backend.Features}");
        ulong flush = job.Access == Access.WriteThrough ? 0 : Flush;
        _backend.SetFeatures((ulong)features | (_backend.Features & (MultipleQueues | flush)));
        _backend.SetMemory(_memory.Regions);
        if (kind.KeepsInflight)
            _backend.KeepInflight((ushort)job.Queues, DriverRing.Size).Dispose();
        for (int i = 0; i < job.Queues; i++)
            Start(i);
    }

    /// <summary>Keeps the rings full for some time, then waits until all requests are complete.</summary>
    /// <param name="time">The time with full rings.</param>
    /// <param name="verifies">Whether the data of each read is checked.</param>
    /// <exception cref="TimeoutException">The back-end does not respond any more.</exception>
    internal Load Run(TimeSpan time, bool verifies)
    {
        var latencies = new Latencies();
        long start = Stopwatch.GetTimestamp();
        long end = start + (long)(time.TotalSeconds * Stopwatch.Frequency);
        long limit = end + (long)(Patience.TotalSeconds * Stopwatch.Frequency);
        using var watchdog = new Timer(_ => _call.Add(), null, time + Patience, Patience);
        long kicks = 0, sleeps = 0;
        foreach (DriverQueue queue in _queues)
            kicks += queue.Fill(start) ? 1 : 0;
        for (bool isUnderWay = true; isUnderWay;)
        {
            long now = Stopwatch.GetTimestamp();
            bool any = isUnderWay = false;
            foreach (DriverQueue queue in _queues)
            {
                any |= queue.Turn(now, now < end, verifies, latencies, out bool kicked);
                kicks += kicked ? 1 : 0;
                isUnderWay |= queue.Outstanding > 0;
            }

            if (any || !isUnderWay)
                continue;
            if (now > limit)
                throw new TimeoutException($"the back-end left requests undone for {Patience.TotalSeconds} s");
            if (_job.Sleeps)
                sleeps += Sleep() ? 1 : 0;
            else
                Thread.SpinWait(1);
        }

        return new Load(latencies, Stopwatch.GetElapsedTime(start).TotalSeconds, kicks, sleeps, _queues.Sum(queue => queue.Failures));
    }

    /// <summary>Stops the back-end's rings and disconnects.</summary>
    public void Dispose()
    {
        for (int i = 0; i < _queues.Length; i++)
            _backend.StopRing(i);
        _backend.Dispose();
        foreach (DriverQueue queue in _queues)
            queue.Dispose();
        _call.Dispose();
        _error.Dispose();
        _memory.Dispose();
    }

    /// <summary>Sleeps until a ring has a completed request; false if one was already there.</summary>
    private bool Sleep()
    {
        bool any = false;
        foreach (DriverQueue queue in _queues)
            any |= queue.Ring.AskForInterrupt();
        if (!any)
            EventWait.Take(_call.Handle);
        foreach (DriverQueue queue in _queues)
            queue.Ring.LeaveInterrupts();
        return !any;
    }

    private void Start(int index)
    {
        nint areas = _memory.Regions[0].Host + (nint)(QueueRoom * (ulong)index);
        DriverQueue queue = _queues[index];
        queue.Ring.LeaveInterrupts();
        _backend.StartRing(new RingSetup
        {
            Index = index,
            Size = DriverRing.Size,
            Base = queue.Ring.Base,
            Descriptors = areas,
            Driver = areas + DriverRing.AreaLength,
            Device = areas + (2 * DriverRing.AreaLength),
            Kick = queue.Kick.Handle,
            Call = _call.Handle,
            Error = _error.Handle,
        });
    }
}
