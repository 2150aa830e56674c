namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// Where things are on the x86-64 board: guest-physical addresses, I/O ports, and interrupts by their global number, which is the pin of the one IOAPIC.
/// Below 1 MiB the loader writes what a firmware would leave there; the kernel takes the rest of it as its own.
/// </summary>
internal static class X86BoardLayout
{
    /// <summary>The global descriptor table that a processor starts with.</summary>
    public const ulong GdtAddress = 0x500;

    /// <summary>How a PVH kernel learns of its machine (hvm_start_info), then its modules and its memory map.</summary>
    public const ulong StartInfoAddress = 0x6000;

    /// <summary>How a bzImage learns of its machine (boot_params, the "zero page").</summary>
    public const ulong ZeroPageAddress = 0x7000;

    /// <summary>The page tables that a 64-bit processor starts with: one page of level 4, one of level 3, four of level 2.</summary>
    public const ulong PageTablesAddress = 0x9000;

    /// <summary>The kernel's parameters.</summary>
    public const ulong CommandLineAddress = 0x2_0000;

    /// <summary>The end of the memory that a PC has below its video memory.</summary>
    public const ulong LowMemoryEnd = 0x9_fc00;

    /// <summary>The ACPI tables, the root pointer first, where kernels look for it.</summary>
    public const ulong AcpiAddress = 0xe_0000;

    /// <summary>The multiprocessor tables of a machine without ACPI, where kernels look for their pointer.</summary>
    public const ulong MultiprocessorTableAddress = 0xf_0000;

    /// <summary>Where a processor begins after a reset, as it is seen below 1 MiB: the last 16 bytes there.</summary>
    public const ulong ResetVectorAddress = 0xf_fff0;

    /// <summary>The end of the tables. Kernels and initial ramdisks are here and above.</summary>
    public const ulong HighMemoryAddress = 0x10_0000;

    /// <summary>The end of the memory below 4 GiB, however much there is; what does not fit below is at <see cref="MemoryAbove4GAddress"/>.</summary>
    public const ulong HoleAddress = 0xd000_0000;

    /// <summary>The memory that does not fit below the hole.</summary>
    public const ulong MemoryAbove4GAddress = 0x1_0000_0000;

    /// <summary>The registers of the first virtio device; the others follow.</summary>
    public const ulong VirtioAddress = HoleAddress;

    /// <summary>How far one virtio device is from the next.</summary>
    public const uint VirtioStride = 0x1000;

    /// <summary>The registers of the interrupt controller that devices are connected to.</summary>
    public const uint IoApicAddress = 0xfec0_0000;

    /// <summary>A page for KVM, at an address where nothing else is: some processors by Intel need it.</summary>
    public const ulong IdentityMapAddress = 0xfffb_c000;

    /// <summary>Three pages for KVM, for the same reason.</summary>
    public const uint TaskStateAddress = 0xfffb_d000;

    /// <summary>The registers of each processor's own interrupt controller.</summary>
    public const uint LocalApicAddress = 0xfee0_0000;

    /// <summary>The serial port's registers: eight I/O ports.</summary>
    public const ushort SerialPort = 0x3f8;

    /// <summary>
    /// Three I/O ports of one byte (ACPI 6.5, 4.8.3.7 and 4.8.3.6): sleep control, sleep status, reset. The guest is off when <see cref="PowerOffValue"/> is
    /// written to the first, and asks for a reset when <see cref="ResetValue"/> is written to the third; all three read as zero.
    /// </summary>
    public const ushort SleepControlPort = 0x600;

    /// <summary>The sleep status register: bit 7 would be set on waking up, which never happens here.</summary>
    public const ushort SleepStatusPort = 0x601;

    /// <summary>The reset register.</summary>
    public const ushort ResetPort = 0x602;

    /// <summary>What sleep control is written to power off: SLP_EN and the sleep type that \_S5 names.</summary>
    public const byte PowerOffValue = 1 << 5 | PowerOffSleepType << 2;

    /// <summary>The sleep type of \_S5.</summary>
    public const byte PowerOffSleepType = 5;

    /// <summary>The bits of sleep control that mean something.</summary>
    public const byte PowerOffMask = 1 << 5 | 7 << 2;

    /// <summary>What the reset register is written.</summary>
    public const byte ResetValue = 1;

    /// <summary>The serial port's interrupt.</summary>
    public const int SerialInterrupt = 4;

    /// <summary>The first virtio device's interrupt.</summary>
    public const int FirstVirtioInterrupt = 5;

    /// <summary>How many pins the IOAPIC has.</summary>
    public const int InterruptCount = 24;

    /// <summary>
    /// The interrupt of a virtio device. There are more devices than pins, so that those from the twentieth on share with the first ones: each raise is an edge
    /// of its own, and a driver that finds nothing in its InterruptStatus leaves it to the next.
    /// </summary>
    public static int VirtioInterrupt(int device) => FirstVirtioInterrupt + device % (InterruptCount - FirstVirtioInterrupt);
}
