namespace Virtio.Bench.Guests;

/// <summary>A way to run the same guest: a program of this host, and the subject that it measures.</summary>
/// <param name="Subject">The name of the measured program in the report.</param>
/// <param name="Program">The program.</param>
internal abstract record GuestCommand(string Subject, string Program)
{
    /// <summary>The prompt of the guest's shell.</summary>
    internal const string Prompt = "guest:~# ";

    /// <summary>The commands whose program is installed; the others are noted in the report.</summary>
    internal static IReadOnlyList<GuestCommand> Present(string suite, Report report, params ReadOnlySpan<GuestCommand> commands)
    {
        List<GuestCommand> found = [];
        foreach (GuestCommand command in commands)
        {
            if (IsThere(command.Program))
                found.Add(command);
            else
                report.Note(suite, $"{command.Subject} was not measured: there is no {command.Program}.");
        }

        return found;
    }

    /// <summary>The arguments for a guest with a console, an entropy device and a disk, all on virtio-mmio.</summary>
    internal abstract IReadOnlyList<string> Arguments(GuestFiles files, string initrd, int megabytes, string disk);

    private static bool IsThere(string program) => Path.IsPathRooted(program)
        ? File.Exists(program)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
