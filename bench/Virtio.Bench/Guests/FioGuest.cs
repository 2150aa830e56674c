namespace Virtio.Bench.Guests;

/// <summary>A guest that runs fio when told. Booted when first needed, and again when it did not answer.</summary>
internal sealed class FioGuest(GuestCommand command, IReadOnlyList<string> arguments, TimeSpan bootLimit) : IDisposable
{
    private const int Attempts = 3;

    private GuestProcess? _process;

    internal GuestCommand Command => command;

    /// <summary>The job's figure; null where there was none in several attempts.</summary>
    internal double? Run(FioJob job, int seconds, Report report)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (Try(job, seconds) is { } figure)
                return figure;
            report.Note(Suites.Fio, $"{job.Name}: {command.Subject} did not answer in time, was started again and repeated it. {_process?.Errors}".TrimEnd());
            Dispose();
        }

        return null;
    }

    public void Dispose()
    {
        _process?.Dispose();
        _process = null;
    }

    private double? Try(FioJob job, int seconds)
    {
        if (_process is null)
        {
            _process = GuestProcess.Start(command.Program, arguments);
            if (_process.ReadUntil(GuestCommand.Prompt, bootLimit) is null)
                return null;
        }

        // The terminal echoes what is typed: the end is marked by what only the command's output has.
        _process.Send($"{job.Script(seconds)}; echo end-$((40+2))\n");
        string? console = _process.ReadUntil("end-42", TimeSpan.FromSeconds(30 + (4 * seconds)));
        return console is null ? null : job.Parse(console);
    }
}
