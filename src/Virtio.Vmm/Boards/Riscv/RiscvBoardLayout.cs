namespace Virtio.Vmm.Boards.Riscv;

/// <summary>The address map of the RISC-V board. The device tree describes the same to the guest.</summary>
internal static class RiscvBoardLayout
{
    /// <summary>The real-time clock's registers.</summary>
    public const ulong ClockAddress = 0x0010_1000;

    /// <summary>The interrupt controller's registers.</summary>
    public const ulong PlicAddress = 0x0c00_0000;

    /// <summary>The serial port's registers.</summary>
    public const ulong UartAddress = 0x1000_0000;

    /// <summary>The registers of the first virtio device; the others follow.</summary>
    public const ulong VirtioAddress = 0x1000_1000;

    /// <summary>The distance from one virtio device to the next, in bytes.</summary>
    public const uint VirtioStride = 0x1000;

    /// <summary>The start of memory, which is contiguous.</summary>
    public const ulong MemoryAddress = 0x8000_0000;

    /// <summary>The serial port's interrupt.</summary>
    public const int UartInterrupt = 1;

    /// <summary>The first virtio device's interrupt; the others follow.</summary>
    public const int FirstVirtioInterrupt = 2;

    /// <summary>The real-time clock's interrupt, after those of the virtio devices.</summary>
    public const int ClockInterrupt = FirstVirtioInterrupt + MicroVmOptions.MaxDeviceCount;

    /// <summary>The rate of the harts' clock, in hertz.</summary>
    public const uint TimebaseFrequency = 10_000_000;
}
