namespace Virtio.Bench.Guests;

/// <summary>A way to run the same guest: a program of this host, and who is measured by it.</summary>
/// <param name="Subject">Who is measured.</param>
/// <param name="Program">The program.</param>
internal sealed record GuestCommand(string Subject, string Program)
{
    /// <summary>What the guest's shell says when it takes commands.</summary>
    internal const string Prompt = "guest:~# ";

    private const string QemuProgram = "qemu-system-riscv64";

    // The machine's own parameters of `virtio run`, which QEMU must be told.
    private const string MachineParameters = "earlycon=sbi console=ttyS0 console=hvc0 quiet panic=-1";

    internal bool IsQemu => Program == QemuProgram;

    /// <summary>Those that are there; the others are noted.</summary>
    internal static IReadOnlyList<GuestCommand> Find(string suite, Report report, params ReadOnlySpan<string> subjects)
    {
        List<GuestCommand> found = [];
        foreach (string subject in subjects)
        {
            string program = subject switch
            {
                Report.Native => Repository.NativeCommand,
                Report.Jit => Repository.JitCommand,
                _ => QemuProgram,
            };
            if (IsThere(program))
                found.Add(new GuestCommand(subject, program));
            else
                report.Note(suite, $"{subject} was not measured: there is no {program}.");
        }

        return found;
    }

    /// <summary>The arguments for a guest with a console, an entropy device and a disk, all on virtio-mmio.</summary>
    internal IReadOnlyList<string> Arguments(GuestFiles files, string initrd, int megabytes, string disk) => IsQemu
        ?
        [
            "-M", "virt", "-cpu", "rv64,v=false", "-m", $"{megabytes}M", "-nodefaults", "-display", "none", "-no-reboot",
            "-global", "virtio-mmio.force-legacy=false",
            "-chardev", "stdio,id=console,signal=off", "-device", "virtio-serial-device", "-device", "virtconsole,chardev=console",
            "-device", "virtio-rng-device",
            "-drive", $"if=none,id=disk,format=raw,file={disk}", "-device", "virtio-blk-device,drive=disk",
            "-kernel", files.Kernel, "-initrd", initrd, "-append", $"{MachineParameters} {files.CommandLine}",
        ]
        :
        [
            "run", "--machine", "software", "--kernel", files.Kernel, "--initrd", initrd, "--cmdline", files.CommandLine, "--memory", $"{megabytes}M", "--disk", disk,
        ];

    private static bool IsThere(string program) => Path.IsPathRooted(program)
        ? File.Exists(program)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
