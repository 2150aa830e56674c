namespace Virtio.Bench.Guests;

/// <summary><c>virtio run</c>.</summary>
/// <param name="Subject">The name of the measured program in the report.</param>
/// <param name="Program">The command, compiled ahead of time or not.</param>
/// <param name="Machine">The value of <c>--machine</c>.</param>
internal sealed record VirtioCommand(string Subject, string Program, string Machine) : GuestCommand(Subject, Program)
{
    internal override IReadOnlyList<string> Arguments(GuestFiles files, string initrd, int megabytes, string disk) =>
    [
        "run", "--machine", Machine, "--kernel", files.Kernel, "--initrd", initrd, "--cmdline", files.CommandLine,
        "--memory", $"{megabytes}M", "--disk", disk,
    ];
}
