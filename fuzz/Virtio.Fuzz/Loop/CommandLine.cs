using System.Globalization;
using System.Runtime.InteropServices;

namespace Virtio.Fuzz.Loop;

/// <summary>The command line.</summary>
internal static class CommandLine
{
    internal static int Run(string[] args)
    {
        Coverage.Start();
        switch (args)
        {
            case ["--help" or "-h"]:
                Console.Write(Usage);
                return 0;
            case ["--instrument", string folder]:
                return Instrumentation.Apply(folder);
            case ["--choose", string name] when FuzzTargets.Find(name) is { } target:
                new FuzzFolders(Directory.GetCurrentDirectory(), name).Choose(target);
                return 0;
            case ["--replay", string name, .. string[] files] when FuzzTargets.Find(name) is { } target:
                return Replay(target, files);
            case [string name, .. string[] rest] when FuzzTargets.Find(name) is { } target && TryMinutes(rest, out double minutes):
                return Fuzz(target, minutes);
            default:
                Console.Error.Write(Usage);
                return 1;
        }
    }

    private static string Usage =>
        $"""
        usage: ./build fuzz TARGET [--minutes N]    until Ctrl-C, the first finding, or for N minutes
               ./build fuzz --replay TARGET FILE..  runs inputs once
               ./build fuzz --choose TARGET         copies to the repository's corpus the inputs that take new branches

        targets:
        {string.Join('\n', FuzzTargets.All.Select(target => $"  {target.Name,-14} {target.Summary}"))}

        Inputs that take a new branch are kept in artifacts/fuzz/TARGET; a finding is an input in artifacts/fuzz-findings/TARGET.
        The tests replay the repository's corpus, fuzz/corpus/TARGET.

        """;

    private static int Replay(IFuzzTarget target, string[] files)
    {
        foreach (string file in files)
        {
            Console.WriteLine(file);
            target.Run(File.ReadAllBytes(file));
        }

        return 0;
    }

    private static int Fuzz(IFuzzTarget target, double minutes)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        int seed = Random.Shared.Next();
        Console.WriteLine($"{target.Name}: seed {seed}");
        var loop = new FuzzLoop(target, new FuzzFolders(Directory.GetCurrentDirectory(), target.Name), seed, stop.Token);
        return loop.Run(TimeSpan.FromMinutes(minutes)) ? 0 : 1;
    }

    private static bool TryMinutes(string[] args, out double minutes)
    {
        minutes = 1e6;
        if (args is ["--minutes", string text])
            return double.TryParse(text, CultureInfo.InvariantCulture, out minutes) && minutes is > 0 and < 1e6;
        return args is [];
    }
}
