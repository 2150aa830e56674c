using System.Diagnostics;
using System.Security.Cryptography;

namespace Virtio.Fuzz.Loop;

/// <summary>
/// Runs a target on mutations of its corpus, and keeps inputs that take a new branch. It ends at the first finding, at the time limit, or
/// when the token is cancelled.
/// </summary>
internal sealed class FuzzLoop
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IFuzzTarget _target;
    private readonly FuzzFolders _folders;
    private readonly CancellationToken _stop;
    private readonly Random _random;
    private readonly Mutator _mutator;
    private readonly List<byte[]> _corpus = [];

    // The input that runs now, and the timestamp of its start. Written by the loop's thread, read by the watchdog's timer.
    private byte[] _current = [];
    private long _started;

    // Inputs run so far. Owned by the loop's thread.
    private long _executions;

    // Inputs that took a new branch. Owned by the loop's thread.
    private int _kept;

    internal FuzzLoop(IFuzzTarget target, FuzzFolders folders, int seed, CancellationToken stop)
    {
        _target = target;
        _folders = folders;
        _stop = stop;
        _random = new Random(seed);
        _mutator = new Mutator(_random);
    }

    /// <summary>False if there was a finding.</summary>
    internal bool Run(TimeSpan limit)
    {
        using var watch = new Timer(_ => WatchOver(), null, Patience, Patience);
        long start = Stopwatch.GetTimestamp();
        long told = start;
        bool fine = _folders.Corpus().All(file => Try(File.ReadAllBytes(file)));
        if (_corpus.Count == 0)
            _corpus.Add([]);
        while (fine && !_stop.IsCancellationRequested && Stopwatch.GetElapsedTime(start) < limit)
        {
            fine = Try(_mutator.Change(Pick(), Pick()));
            if (Stopwatch.GetElapsedTime(told) < TimeSpan.FromSeconds(10))
                continue;
            told = Stopwatch.GetTimestamp();
            Tell(start);
        }

        _folders.Forget();
        Tell(start);
        return fine;
    }

    // The newest inputs lead to new branches more often than the others.
    private byte[] Pick() => _random.Next(3) == 0
        ? _corpus[^(1 + _random.Next(Math.Min(_corpus.Count, 16)))]
        : _corpus[_random.Next(_corpus.Count)];

    private bool Try(byte[] input)
    {
        _current = input;
        _folders.Remember(input);
        Volatile.Write(ref _started, Stopwatch.GetTimestamp());
        Coverage.Begin();
        try
        {
            _target.Run(input);
        }
        catch (Exception e)
        {
            Console.WriteLine(e);
            Console.WriteLine($"the input is {Keep(_folders.Findings, input)}");
            return false;
        }

        _executions++;
        if (Coverage.End())
        {
            _corpus.Add(input);
            if (_executions > 1)
                Keep(_folders.Found, input);
            _kept++;
        }

        return true;
    }

    private void WatchOver()
    {
        if (Stopwatch.GetElapsedTime(Volatile.Read(ref _started)) < Patience)
            return;
        Console.WriteLine($"one input takes more than {Patience.TotalSeconds} s; it is {Keep(_folders.Findings, _current)}");
        Environment.Exit(1);
    }

    private void Tell(long start)
    {
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double rate = _executions / Math.Max(seconds, 0.001);
        Console.WriteLine(
            $"{_target.Name}: {_executions} executions in {seconds:f0} s ({rate:f0}/s), {_kept} inputs kept, "
            + $"{Coverage.Seen} branch counts");
    }

    private static string Keep(string folder, byte[] input)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(input))[..16]);
        File.WriteAllBytes(path, input);
        return path;
    }
}
