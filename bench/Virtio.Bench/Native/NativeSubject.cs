using Virtio.Bench.Guests;

namespace Virtio.Bench.Native;

/// <summary>Who runs the bare-metal guest, and with which disk.</summary>
/// <param name="Name">Who is measured.</param>
/// <param name="HasFile">Whether the disk is the file, or does nothing at all.</param>
internal sealed record NativeSubject(string Name, bool HasFile)
{
    internal const int Megabytes = 256;

    private const string QemuProgram = "qemu-system-x86_64";

    internal string Program => Name == Report.Qemu ? QemuProgram : Repository.NativeHost;

    /// <summary>Lets it run a guest with these parameters.</summary>
    internal GuestProcess Start(NativeFiles files, string parameters) => GuestProcess.Start(Program, Name == Report.Qemu
        ?
        [
            "-name", "guest,debug-threads=on", "-M", "microvm,accel=kvm", "-cpu", "host,-arch-capabilities", "-m", $"{Megabytes}M", "-nodefaults", "-display", "none", "-no-reboot",
            "-serial", "stdio", "-global", "virtio-mmio.force-legacy=false", "-object", "iothread,id=loop",
            "-blockdev", HasFile ? $"driver=file,node-name=disk,filename={files.Disk},aio=io_uring" : "driver=null-co,node-name=disk,size=1073741824",
            "-device", "virtio-blk-device,packed=on,drive=disk,iothread=loop", "-kernel", files.Kernel, "-append", parameters,
        ]
        : [files.Kernel, !HasFile ? "null" : Name == Report.Mapped ? $"{files.Disk},mapped" : files.Disk, parameters]);
}
