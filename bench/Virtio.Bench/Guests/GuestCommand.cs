namespace Virtio.Bench.Guests;

/// <summary>A way to run the same guest: a program of this host, and who is measured by it.</summary>
/// <param name="Subject">Who is measured.</param>
/// <param name="Program">The program.</param>
internal abstract record GuestCommand(string Subject, string Program)
{
    /// <summary>What the guest's shell says when it takes commands.</summary>
    internal const string Prompt = "guest:~# ";

    /// <summary>Those whose program is there; the others are noted.</summary>
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
