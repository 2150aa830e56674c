namespace Virtio.Bench.Guests;

/// <summary>A machine of QEMU's.</summary>
/// <param name="Program">QEMU for the machine's architecture.</param>
internal abstract record QemuCommand(string Program) : GuestCommand(Report.Qemu, Program)
{
    /// <summary>The machine, its processor, and what else it has for itself.</summary>
    protected abstract IReadOnlyList<string> Machine { get; }

    /// <summary>The machine's own parameters of <c>virtio run</c>, which QEMU must be told.</summary>
    protected abstract string MachineParameters { get; }

    internal override IReadOnlyList<string> Arguments(GuestFiles files, string initrd, int megabytes, string disk) =>
    [
        .. Machine, "-m", $"{megabytes}M", "-nodefaults", "-display", "none", "-no-reboot", "-global", "virtio-mmio.force-legacy=false",
        "-chardev", "stdio,id=console,signal=off", "-device", "virtio-serial-device", "-device", "virtconsole,chardev=console",
        "-device", "virtio-rng-device", .. Disk(disk),
        "-kernel", files.Kernel, "-initrd", initrd, "-append", $"{MachineParameters} {files.CommandLine}",
    ];

    /// <summary>A disk on virtio-mmio that is a raw file.</summary>
    protected abstract IReadOnlyList<string> Disk(string path);
}
