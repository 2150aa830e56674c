namespace Virtio.Bench.Guests;

/// <summary>QEMU's machine for RISC-V in its default configuration.</summary>
internal sealed record QemuVirt() : QemuCommand("qemu-system-riscv64")
{
    protected override IReadOnlyList<string> Machine => ["-M", "virt", "-cpu", "rv64,v=false"];

    protected override string MachineParameters => "earlycon=sbi console=ttyS0 console=hvc0 quiet panic=-1";

    protected override IReadOnlyList<string> Disk(string path) =>
        ["-drive", $"if=none,id=disk,format=raw,file={path}", "-device", "virtio-blk-device,drive=disk"];
}
