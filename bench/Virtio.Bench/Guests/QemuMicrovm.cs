namespace Virtio.Bench.Guests;

/// <summary>
/// QEMU's smallest machine for x86-64, on KVM, in its fastest configuration. It lacks the timer and the interrupt controllers that no
/// kernel needs. It has a clock, because a kernel without one waits seconds for it. The disk has its own thread, io_uring for its file, and
/// a packed ring.
/// </summary>
internal sealed record QemuMicrovm() : QemuCommand(QemuProgram)
{
    internal const string QemuProgram = "qemu-system-x86_64";

    protected override IReadOnlyList<string> Machine =>
        ["-M", "microvm,accel=kvm,x-option-roms=off,pit=off,pic=off,rtc=on,ioapic2=off,isa-serial=on", "-cpu", "host", "-serial", "null"];

    protected override string MachineParameters => "console=ttyS0 console=hvc0 quiet panic=-1";

    /// <summary>The arguments for a disk with its own thread.</summary>
    /// <param name="backing">The storage, for <c>-blockdev</c>.</param>
    internal static IReadOnlyList<string> FastDisk(string backing) =>
    [
        "-object", "iothread,id=loop", "-blockdev", $"{backing},node-name=disk",
        "-device", "virtio-blk-device,packed=on,drive=disk,iothread=loop",
    ];

    /// <summary>A file with asynchronous I/O.</summary>
    internal static string FastFile(string path) => $"driver=file,filename={path},aio=io_uring";

    protected override IReadOnlyList<string> Disk(string path) => FastDisk(FastFile(path));
}
