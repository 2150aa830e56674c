namespace Virtio.Bench.Guests;

/// <summary><c>virtio run</c>.</summary>
/// <param name="Subject">Who is measured.</param>
/// <param name="Program">The command, compiled one way or the other.</param>
/// <param name="Machine">What <c>--machine</c> is told.</param>
internal sealed record VirtioCommand(string Subject, string Program, string Machine) : GuestCommand(Subject, Program)
{
    internal override IReadOnlyList<string> Arguments(GuestFiles files, string initrd, int megabytes, string disk) =>
    [
        "run", "--machine", Machine, "--kernel", files.Kernel, "--initrd", initrd, "--cmdline", files.CommandLine, "--memory", $"{megabytes}M", "--disk", disk,
    ];
}
