using System.Diagnostics.Metrics;
using Virtio.Bench.Rings.Interop;
using Virtio.Queues;

namespace Virtio.Bench.Rings;

/// <summary>
/// The device's side of a ring alone: take a chain, look at each piece, give it back, publish; and the same work on the same memory in a loop in C, sample
/// by sample in turn.
/// </summary>
internal static class RingBenchmark
{
    private const int WarmUpSamples = 60;

    internal static void Run(BenchOptions options, Report report)
    {
        string? reason = RingLoop.Compile();
        if (reason is not null)
            report.Note(Suites.Rings, reason);
        double allocated = 0;
        foreach (RingCase which in RingCase.All)
            allocated = Math.Max(allocated, Measure(which, options.Quick ? 100 : 1000, report, hasLoop: reason is null));
        MeasureListener(options.Quick ? 100 : 1000, report);
        report.Add(new Result(Suites.Rings, "the most of all of them", "Virtqueue", "B allocated/chain", false, [allocated]));
    }

    /// <summary>Returns the bytes allocated per chain.</summary>
    private static double Measure(RingCase which, int count, Report report, bool hasLoop)
    {
        using var bed = new RingBed(which);
        using var loopBed = new RingBed(which);
        Func<ulong> queue = () => Serve(bed.Queue, which.Batch);
        Func<ulong> loop = Loop(which, loopBed);

        // Tiered compilation happens on another thread: give it the time to replace the code before anything counts.
        for (int i = 0; i < WarmUpSamples; i++)
        {
            bed.Sample(queue);
            if (hasLoop)
                loopBed.Sample(loop);
            Thread.Sleep(5);
        }

        double[] samples = new double[count], loopSamples = new double[count];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < count; i++)
        {
            samples[i] = bed.Sample(queue);
            if (hasLoop)
                loopSamples[i] = loopBed.Sample(loop);
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        double? ratio = hasLoop ? samples.Min() / loopSamples.Min() : null;
        report.Add(new Result(Suites.Rings, which.Name, "Virtqueue", "ns/chain", false, samples, ratio));
        if (hasLoop)
            report.Add(new Result(Suites.Rings, which.Name, Report.Loop, "ns/chain", false, loopSamples));
        return (double)allocated / ((long)count * RingBed.ChainsPerSample);
    }

    /// <summary>What it costs that somebody listens to the counters, and to the durations of requests as well.</summary>
    private static void MeasureListener(int count, Report report)
    {
        var which = new RingCase(IsPacked: true, IsIndirect: false, Length: 3, Batch: 32);
        foreach ((string name, Func<Instrument, bool> wanted) in ((string, Func<Instrument, bool>)[])[("counters", one => one.IsObservable), ("counters and durations", _ => true)])
        {
            using var bed = new RingBed(which);
            using var listener = new MeterListener();
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Scope == bed.Bus.Mmio && wanted(instrument))
                    self.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<double>((_, _, _, _) => { });
            listener.Start();
            Func<ulong> serve = () => Serve(bed.Queue, which.Batch);
            for (int i = 0; i < WarmUpSamples; i++)
                bed.Sample(serve);
            double[] samples = [.. Enumerable.Range(0, count).Select(_ => bed.Sample(serve))];
            report.Add(new Result(Suites.Rings, $"{which.Name}, listened to: {name}", "Virtqueue", "ns/chain", false, samples));
        }
    }

    private static Func<ulong> Loop(RingCase which, RingBed bed)
    {
        var ring = new LoopRing(bed.Bus.Memory, bed.Driver.Areas);
        uint batch = (uint)which.Batch;
        return which.IsPacked ? () => RingLoop.ServePacked(ref ring, batch) : () => RingLoop.ServeSplit(ref ring, batch);
    }

    private static ulong Serve(Virtqueue queue, int batch)
    {
        ulong seen = 0;
        int inBatch = 0;
        while (queue.TryDequeue(out DescriptorChain chain))
        {
            while (chain.Reader.TryGetSpan(out ReadOnlySpan<byte> sent))
            {
                seen += (uint)sent.Length;
                chain.Reader.Advance(sent.Length);
            }

            while (chain.Writer.TryGetSpan(out Span<byte> room))
            {
                seen += (uint)room.Length;
                chain.Writer.Advance(room.Length);
            }

            chain.Complete();
            if (++inBatch == batch)
            {
                queue.Publish();
                inBatch = 0;
            }
        }

        queue.Publish();
        return seen;
    }
}
