namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// The address map of the x86-64 board: guest-physical addresses, I/O ports, and interrupts by their global number, which is the pin of the
/// IOAPIC. Below 1 MiB the loader writes the tables that firmware would leave there; the kernel uses the rest as ordinary memory.
/// </summary>
internal static class X86BoardLayout
{
    /// <summary>The global descriptor table that a processor starts with.</summary>
    public const ulong GdtAddress = 0x500;

    /// <summary>The description of the machine for a PVH kernel (hvm_start_info), followed by its modules and its memory map.</summary>
    public const ulong StartInfoAddress = 0x6000;

    /// <summary>The description of the machine for a bzImage (boot_params, the "zero page").</summary>
    public const ulong ZeroPageAddress = 0x7000;

    /// <summary>The page tables that a 64-bit processor starts with: one page of level 4, one of level 3, four of level 2.</summary>
    public const ulong PageTablesAddress = 0x9000;

    /// <summary>The kernel's parameters.</summary>
    public const ulong CommandLineAddress = 0x2_0000;

    /// <summary>The end of conventional PC memory, below the video memory.</summary>
    public const ulong LowMemoryEnd = 0x9_fc00;

    /// <summary>The ACPI tables, the root pointer first, at an address that kernels search.</summary>
    public const ulong AcpiAddress = 0xe_0000;

    /// <summary>The multiprocessor tables of a machine without ACPI, at an address that kernels search.</summary>
    public const ulong MultiprocessorTableAddress = 0xf_0000;

    /// <summary>The alias below 1 MiB of the reset vector: the last 16 bytes there.</summary>
    public const ulong ResetVectorAddress = 0xf_fff0;

    /// <summary>The end of the tables. Kernels and initial ramdisks are here and above.</summary>
    public const ulong HighMemoryAddress = 0x10_0000;

    /// <summary>
    /// The end of the memory below 4 GiB, for any memory size. Memory that does not fit below it is at <see cref="MemoryAbove4GAddress"/>.
    /// </summary>
    public const ulong HoleAddress = 0xd000_0000;

    /// <summary>The start of the memory that does not fit below the hole.</summary>
    public const ulong MemoryAbove4GAddress = 0x1_0000_0000;

    /// <summary>The registers of the first virtio device; the others follow.</summary>
    public const ulong VirtioAddress = HoleAddress;

    /// <summary>The distance from one virtio device to the next, in bytes.</summary>
    public const uint VirtioStride = 0x1000;

    /// <summary>The registers of the interrupt controller that devices are connected to.</summary>
    public const uint IoApicAddress = 0xfec0_0000;

    /// <summary>A page for KVM at an otherwise unused address: some Intel processors need it.</summary>
    public const ulong IdentityMapAddress = 0xfffb_c000;

    /// <summary>Three pages for KVM, for the same processors.</summary>
    public const uint TaskStateAddress = 0xfffb_d000;

    /// <summary>The registers of each processor's own interrupt controller.</summary>
    public const uint LocalApicAddress = 0xfee0_0000;

    /// <summary>The serial port's registers: eight I/O ports.</summary>
    public const ushort SerialPort = 0x3f8;

    /// <summary>
    /// Three one-byte I/O ports (ACPI 6.5, 4.8.3.7 and 4.8.3.6): sleep control, sleep status, reset. Writing <see cref="PowerOffValue"/> to
    /// the first powers the guest off. Writing <see cref="ResetValue"/> to the third asks for a reset. All three read as zero.
    /// </summary>
    public const ushort SleepControlPort = 0x600;

    /// <summary>The sleep status register: bit 7 would be set on wake-up, which never happens here.</summary>
    public const ushort SleepStatusPort = 0x601;

    /// <summary>The reset register.</summary>
    public const ushort ResetPort = 0x602;

    /// <summary>The value that powers off when written to sleep control: SLP_EN and the sleep type of \_S5.</summary>
    public const byte PowerOffValue = 1 << 5 | PowerOffSleepType << 2;

    /// <summary>The sleep type of \_S5.</summary>
    public const byte PowerOffSleepType = 5;

    /// <summary>The bits of sleep control that have a meaning.</summary>
    public const byte PowerOffMask = 1 << 5 | 7 << 2;

    /// <summary>The value that resets when written to the reset register.</summary>
    public const byte ResetValue = 1;

    /// <summary>The serial port's interrupt.</summary>
    public const int SerialInterrupt = 4;

    /// <summary>The first virtio device's interrupt.</summary>
    public const int FirstVirtioInterrupt = 5;

    /// <summary>The number of pins of the IOAPIC.</summary>
    public const int InterruptCount = 24;

    /// <summary>
    /// The interrupt of a virtio device. There are more devices than pins, so the devices from the twentieth on share pins with the first
    /// ones. Each interrupt is a separate edge, and a driver that finds nothing in its InterruptStatus leaves the edge to the next driver.
    /// </summary>
    public static int VirtioInterrupt(int device) => FirstVirtioInterrupt + device % (InterruptCount - FirstVirtioInterrupt);
}
