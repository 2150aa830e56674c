namespace Virtio.Bench.Guests;

/// <summary>
/// QEMU's smallest machine for x86-64, on KVM, at its best: without the timer and the interrupt controllers that no kernel misses, with a clock, without
/// which the kernel waits seconds for one; a thread of its own for the disk, whose file is read and written through io_uring, and a packed ring.
/// </summary>
internal sealed record QemuMicrovm() : QemuCommand(QemuProgram)
{
    internal const string QemuProgram = "qemu-system-x86_64";

    protected override IReadOnlyList<string> Machine =>
        ["-M", "microvm,accel=kvm,x-option-roms=off,pit=off,pic=off,rtc=on,ioapic2=off,isa-serial=on", "-cpu", "host", "-serial", "null"];

    protected override string MachineParameters => "console=ttyS0 console=hvc0 quiet panic=-1";

    /// <summary>A disk with a thread of its own.</summary>
    /// <param name="backing">What is behind it, for <c>-blockdev</c>.</param>
    internal static IReadOnlyList<string> FastDisk(string backing) =>
        ["-object", "iothread,id=loop", "-blockdev", $"{backing},node-name=disk", "-device", "virtio-blk-device,packed=on,drive=disk,iothread=loop"];

    /// <summary>A file that is not waited for.</summary>
    internal static string FastFile(string path) => $"driver=file,filename={path},aio=io_uring";

    protected override IReadOnlyList<string> Disk(string path) => FastDisk(FastFile(path));
}
