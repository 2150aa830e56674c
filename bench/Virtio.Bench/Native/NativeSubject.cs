using Virtio.Bench.Guests;

namespace Virtio.Bench.Native;

/// <summary>A program that runs the bare-metal guest, and the guest's disk.</summary>
/// <param name="Name">The name of the measured program in the report.</param>
/// <param name="HasFile">Whether the disk is the file; otherwise it does nothing.</param>
internal sealed record NativeSubject(string Name, bool HasFile)
{
    internal const int Megabytes = 256;

    internal string Program => Name == Report.Qemu ? QemuMicrovm.QemuProgram : Repository.NativeHost;

    /// <summary>Starts a guest with these parameters.</summary>
    internal GuestProcess Start(NativeFiles files, string parameters) => GuestProcess.Start(Program, Name == Report.Qemu
        ?
        [
            "-name", "guest,debug-threads=on", "-M", "microvm,accel=kvm", "-cpu", "host,-arch-capabilities", "-m", $"{Megabytes}M",
            "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio", "-global", "virtio-mmio.force-legacy=false",
            .. QemuMicrovm.FastDisk(HasFile ? QemuMicrovm.FastFile(files.Disk) : "driver=null-co,size=1073741824"),
            "-kernel", files.Kernel, "-append", parameters,
        ]
        : [files.Kernel, !HasFile ? "null" : Name == Report.Mapped ? $"{files.Disk},mapped" : files.Disk, parameters]);
}
