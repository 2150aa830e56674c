namespace Virtio.Bench.Guests;

/// <summary>A guest that runs fio on request. It is booted when first needed, and again after it did not respond.</summary>
internal sealed class FioGuest(string suite, GuestCommand command, IReadOnlyList<string> arguments, TimeSpan bootLimit) : IDisposable
{
    private const int Attempts = 3;

    private GuestProcess? _process;
    private KvmCounters? _counters;

    internal GuestCommand Command => command;

    /// <summary>Runs a job; null if several attempts gave no figure.</summary>
    internal FioRun? Run(FioJob job, int seconds, Report report)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (Try(job, seconds) is { } run)
                return run;
            report.Note(
                suite,
                $"{job.Name}: {command.Subject} did not answer in time, was started again and repeated it. {_process?.Errors}".TrimEnd());
            Dispose();
        }

        return null;
    }

    public void Dispose()
    {
        _process?.Dispose();
        _process = null;
    }

    private FioRun? Try(FioJob job, int seconds)
    {
        if (_process is null)
        {
            _counters = new KvmCounters();
            _process = GuestProcess.Start(command.Program, arguments);
            if (_process.ReadUntil(GuestCommand.Prompt, bootLimit) is null)
                return null;
        }

        // The terminal echoes the input, so the end mark is a text that only the command's output contains.
        Dictionary<string, long> before = _counters!.Read();
        _process.Send($"{job.Script(seconds)}; echo end-$((40+2))\n");
        string? console = _process.ReadUntil("end-42", TimeSpan.FromSeconds(30 + (4 * seconds)));
        if (console is null || job.Parse(console) is not { } parsed)
            return null;
        Dictionary<string, long> after = _counters.Read();
        return new FioRun(
            parsed.Figure,
            parsed.Requests,
            after.ToDictionary(count => count.Key, count => count.Value - before.GetValueOrDefault(count.Key)));
    }
}
