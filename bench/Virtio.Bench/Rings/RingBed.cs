using System.Diagnostics;
using Virtio.Queues;
using Virtio.Testing;

namespace Virtio.Bench.Rings;

/// <summary>
/// A queue and its driver, on one thread. The driver's side runs outside the timed sections. A sample is a fraction of a millisecond, so
/// that even on a busy machine many samples are undisturbed: the least sample is the cost of the code.
/// </summary>
internal sealed class RingBed : IDisposable
{
    /// <summary>The approximate number of chains in a sample.</summary>
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

        // Like most requests: the first piece is for the device to read, the others for it to write.
        _chain = [.. Enumerable.Range(0, which.Length).Select(piece => which.Length > 1 && piece == 0
            ? DriverBuffer.Readable(data, PieceLength)
            : DriverBuffer.Writable(data + (ulong)(piece * PieceLength), PieceLength))];
    }

    internal TestBus Bus { get; }

    internal DriverQueue Driver { get; }

    internal Virtqueue Queue => _device.Queue!;

    /// <summary>Nanoseconds per chain of one sample.</summary>
    /// <param name="serve">Serves all available chains; returns the number of bytes it saw.</param>
    /// <exception cref="InvalidOperationException">It did not serve all chains, or saw another number of bytes than was sent.</exception>
    internal double Sample(Func<ulong> serve)
    {
        long ticks = 0;
        int chains = 0;
        while (chains < ChainsPerSample)
        {
            int offered = Offer();

            // As a worker does when it starts: the thread that serves the queue binds it.
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
