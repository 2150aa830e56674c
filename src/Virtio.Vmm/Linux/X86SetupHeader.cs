using System.Buffers.Binary;

namespace Virtio.Vmm.Linux;

/// <summary>The setup header of a bzImage (Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header").</summary>
/// <param name="SetupSize">The length of the real-mode code before the kernel, which this loader skips.</param>
/// <param name="FileSize">The length of the kernel after it.</param>
/// <param name="LoadAddress">The kernel's preferred address.</param>
/// <param name="MemorySize">The memory that it takes there while it unpacks itself.</param>
/// <param name="InitrdEnd">The address that no initial ramdisk may reach.</param>
/// <param name="CommandLineSize">The longest command line that it accepts.</param>
internal readonly record struct X86SetupHeader(
    uint SetupSize,
    ulong FileSize,
    ulong LoadAddress,
    ulong MemorySize,
    ulong InitrdEnd,
    uint CommandLineSize)
{
    /// <summary>The offset of the header, in the file and in the zero page.</summary>
    public const int Start = 0x1f1;

    /// <summary>The highest possible end of the header.</summary>
    public const int MaximumEnd = 0x290;

    /// <summary>The offset from the beginning of the kernel to its first 64-bit instruction.</summary>
    public const ulong EntryOffset = 0x200;

    private const int MinimumEnd = 0x268; // after handover_offset, the last field of protocol 2.12
    private const int SectorSize = 512;
    private const int ParagraphSize = 16;
    private const int DefaultSetupSectors = 4;
    private const int OldestVersion = 0x20c;
    private const byte LoadedHigh = 1 << 0; // loadflags
    private const byte Has64BitEntry = 1 << 0; // xloadflags, XLF_KERNEL_64

    /// <summary>Reads and checks the header.</summary>
    /// <param name="prefix">The file's beginning.</param>
    /// <param name="reason">Why the file cannot be booted, as the end of a sentence.</param>
    /// <returns>Null if the file cannot be booted.</returns>
    public static X86SetupHeader? Read(ReadOnlySpan<byte> prefix, out string reason)
    {
        reason = "";
        if (!KernelFormat.IsX86Setup(prefix))
            reason = KernelFormat.Describe(prefix, KernelArchitecture.X86);
        else if (prefix.Length < MaximumEnd)
            reason = "it is cut off within its setup header";
        else if (FaultOf(prefix) is { } fault)
            reason = fault;
        else
            return Read(prefix);

        return null;
    }

    /// <summary>The offset at which the header ends.</summary>
    public static int End(ReadOnlySpan<byte> prefix) => Math.Min(0x202 + prefix[0x201], MaximumEnd);

    private static X86SetupHeader Read(ReadOnlySpan<byte> prefix)
    {
        var sectors = prefix[0x1f1] == 0 ? DefaultSetupSectors : prefix[0x1f1];
        return new X86SetupHeader(
            (uint)(sectors + 1) * SectorSize,
            (ulong)UInt32At(prefix, 0x1f4) * ParagraphSize,
            LoadAddress: BinaryPrimitives.ReadUInt64LittleEndian(prefix[0x258..]),
            MemorySize: UInt32At(prefix, 0x260),
            InitrdEnd: UInt32At(prefix, 0x22c) + 1UL,
            CommandLineSize: UInt32At(prefix, 0x238));
    }

    private static string? FaultOf(ReadOnlySpan<byte> prefix)
    {
        var version = BinaryPrimitives.ReadUInt16LittleEndian(prefix[0x206..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(prefix[0x1fe..]) != 0xaa55)
            return "its setup header is damaged (no boot signature 0xaa55)";
        if (version < OldestVersion)
            return $"it is too old: its boot protocol is {version >> 8}.{version & 0xff:d2}, and 2.12 (Linux 3.8) is needed";
        if (End(prefix) < MinimumEnd)
            return "its setup header is damaged (it ends before its last field)";
        if ((prefix[0x211] & LoadedHigh) == 0)
            return "it is a zImage, which runs below 1 MiB: build a bzImage";
        if ((prefix[0x236] & Has64BitEntry) == 0)
            return "it is a 32-bit kernel: it has no 64-bit entry (XLF_KERNEL_64)";
        return FaultOfPlaces(prefix);
    }

    private static string? FaultOfPlaces(ReadOnlySpan<byte> prefix)
    {
        var header = Read(prefix);
        ulong alignment = UInt32At(prefix, 0x230);
        if (header.FileSize <= EntryOffset)
            return "its setup header says that it has no code (syssize)";
        if ((ulong)UInt32At(prefix, 0x248) + UInt32At(prefix, 0x24c) > header.FileSize)
        {
            return "its setup header puts its payload beyond its end "
                + $"(payload_offset 0x{UInt32At(prefix, 0x248):x}, payload_length 0x{UInt32At(prefix, 0x24c):x})";
        }

        if (header.MemorySize < header.FileSize)
        {
            return "its setup header says that it takes less memory than it is long "
                + $"(init_size 0x{header.MemorySize:x}, syssize 0x{header.FileSize:x})";
        }

        if (alignment == 0 || (alignment & (alignment - 1)) != 0 || header.LoadAddress % alignment != 0)
        {
            return "it asks for an address against its own alignment "
                + $"(pref_address 0x{header.LoadAddress:x}, kernel_alignment 0x{alignment:x})";
        }

        return null;
    }

    private static uint UInt32At(ReadOnlySpan<byte> prefix, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(prefix[offset..]);
}
