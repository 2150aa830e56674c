using System.Diagnostics;
using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.Memory;

namespace Virtio.Bench.VhostUser;

/// <summary>One ring with its requests and the position of the next request. For the driver's thread.</summary>
[SupportedOSPlatform("linux")]
internal sealed class DriverQueue : IDisposable
{
    private const int SectorSize = 512;

    private readonly Job _job;
    private readonly RequestTable _requests;
    private readonly long[] _started = new long[RequestTable.MaximumDepth];
    private readonly ulong _places;
    private ulong _next;

    internal DriverQueue(GuestMemory memory, ulong address, ulong areaLength, bool isPacked, Job job, long length, long seed)
    {
        _job = job;
        Ring = isPacked ? new PackedDriverRing(memory, address) : new SplitDriverRing(memory, address);
        _requests = new RequestTable(memory, address + areaLength, isPacked, job.Length, job.Access != Access.Read);
        _places = (ulong)(length / job.Length);
        _next = (ulong)seed;
    }

    internal DriverRing Ring { get; }

    internal EventDescriptor Kick { get; } = new();

    /// <summary>The number of requests in flight.</summary>
    internal int Outstanding { get; private set; }

    internal long Failures { get; private set; }

    /// <summary>Offers as many requests as the job's depth. Returns whether the device was notified.</summary>
    internal bool Fill(long now)
    {
        for (int request = 0; request < _job.Depth; request++)
            Offer(request, now);
        Outstanding = _job.Depth;
        return KickIfDue();
    }

    /// <summary>Collects completed requests and, unless the run is ending, offers new ones in their place.</summary>
    internal bool Turn(long now, bool goesOn, bool verifies, Latencies latencies, out bool kicked)
    {
        int taken = 0;
        while (taken < _job.Depth && Ring.TryCollect(out int request))
        {
            // One clock reading serves all requests that complete together: a reading can take as long as a request.
            if (taken++ == 0)
                now = Stopwatch.GetTimestamp();
            latencies.Add(now - _started[request]);
            if (!_requests.IsOk(request) || (verifies && _job.Access == Access.Read && !_requests.IsRight(request)))
                Failures++;
            if (goesOn)
                Offer(request, now);
            else
                Outstanding--;
        }

        kicked = taken > 0 && goesOn && KickIfDue();
        return taken > 0;
    }

    public void Dispose() => Kick.Dispose();

    private void Offer(int request, long now)
    {
        _started[request] = now;
        Ring.Offer(request, _requests.Prepare(request, (long)NextPlace() * (_job.Length / SectorSize)));
    }

    private bool KickIfDue()
    {
        if (!Ring.IsKickDue())
            return false;
        Kick.Add();
        return true;
    }

    private ulong NextPlace()
    {
        if (_job.IsSequential)
            return _next++ % _places;
        _next = unchecked((_next * 6364136223846793005) + 1442695040888963407);
        return (_next >> 20) % _places;
    }
}
