namespace Virtio.Bench.Guests;

/// <summary>A QEMU machine.</summary>
/// <param name="Program">QEMU for the machine's architecture.</param>
internal abstract record QemuCommand(string Program) : GuestCommand(Report.Qemu, Program)
{
    /// <summary>The arguments for the machine, its processor, and its special settings.</summary>
    protected abstract IReadOnlyList<string> Machine { get; }

    /// <summary>The machine parameters that <c>virtio run</c> adds by itself and QEMU must be given.</summary>
    protected abstract string MachineParameters { get; }

    internal override IReadOnlyList<string> Arguments(GuestFiles files, string initrd, int megabytes, string disk) =>
    [
        .. Machine, "-m", $"{megabytes}M", "-nodefaults", "-display", "none", "-no-reboot", "-global", "virtio-mmio.force-legacy=false",
        "-chardev", "stdio,id=console,signal=off", "-device", "virtio-serial-device", "-device", "virtconsole,chardev=console",
        "-device", "virtio-rng-device", .. Disk(disk),
        "-kernel", files.Kernel, "-initrd", initrd, "-append", $"{MachineParameters} {files.CommandLine}",
    ];

    /// <summary>The arguments for a raw file as a disk on virtio-mmio.</summary>
    protected abstract IReadOnlyList<string> Disk(string path);
}
