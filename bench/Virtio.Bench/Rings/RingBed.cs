using System.Diagnostics;
using Virtio.Queues;
using Virtio.Testing;

namespace Virtio.Bench.Rings;

/// <summary>
/// A queue and its driver, on one thread. The driver's side runs between the timed stretches. A sample is a fraction of a millisecond, so that on a busy
/// machine many samples see no other program at all: the least of them is what the code costs.
/// </summary>
internal sealed class RingBed : IDisposable
{
    /// <summary>About as many.</summary>
    internal const int ChainsPerSample = 4096;
    private const int ChainsPerRound = 256;
    private const int PieceLength = 16;

    private readonly RingCase _case;
    private readonly RingDevice _device;
    private readonly DriverBuffer[] _chain;

    internal RingBed(RingCase which)
    {
        _case = which;
        _device = new RingDevice(which.IsPacked);
        Bus = new TestBus(_device);
        Driver = Bus.Driver().Start().Queue();
        ulong data = Bus.Place(new byte[which.Length * PieceLength]);

        // As most requests are: what is wanted in the first piece, room for the answer in the others.
        _chain = [.. Enumerable.Range(0, which.Length).Select(piece => which.Length > 1 && piece == 0
            ? DriverBuffer.Readable(data, PieceLength)
            : DriverBuffer.Writable(data + (ulong)(piece * PieceLength), PieceLength))];
    }

    internal TestBus Bus { get; }

    internal DriverQueue Driver { get; }

    internal Virtqueue Queue => _device.Queue!;

    /// <summary>Nanoseconds per chain of one sample.</summary>
    /// <param name="serve">Serves all that is available; returns the bytes it saw.</param>
    /// <exception cref="InvalidOperationException">It did not serve all, or saw other bytes than were sent.</exception>
    internal double Sample(Func<ulong> serve)
    {
        long ticks = 0;
        int chains = 0;
        while (chains < ChainsPerSample)
        {
            int offered = Offer();

            // As a worker does where it begins: it serves from there.
            Queue.BindToCurrentThread();
            long start = Stopwatch.GetTimestamp();
            ulong seen = serve();
            ticks += Stopwatch.GetTimestamp() - start;
            Collect(offered);
            if (seen != (ulong)(offered * _case.Length * PieceLength))
                throw new InvalidOperationException($"{_case.Name}: {seen} bytes were seen of {offered} chains");
            chains += offered;
        }

        return ticks * 1e9 / Stopwatch.Frequency / chains;
    }

    public void Dispose() => Bus.Dispose();

    private int Offer()
    {
        Driver.DisableInterrupts();
        int offered = 0;
        while (offered < ChainsPerRound && Driver.TryOffer(_chain, out _, _case.IsIndirect))
            offered++;
        return offered;
    }

    private void Collect(int offered)
    {
        int collected = 0;
        while (Driver.TryCollect(out _))
            collected++;
        if (collected != offered)
            throw new InvalidOperationException($"{_case.Name}: {collected} chains came back of {offered}");
    }
}
