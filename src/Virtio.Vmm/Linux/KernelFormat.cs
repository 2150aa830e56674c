using System.Buffers.Binary;

namespace Virtio.Vmm.Linux;

/// <summary>Identifies a file that was given as a kernel: the architecture it is for, and for a refusal what it is instead.</summary>
internal static class KernelFormat
{
    /// <summary>The number of bytes at a file's beginning that identify it.</summary>
    public const int PrefixSize = 4096;

    private const int Arm64MagicOffset = 0x38;
    private const int RiscvMagicOffset = 0x38;
    private const int RiscvOldMagicOffset = 0x30;
    private const int X86SetupMagicOffset = 0x202;
    private const int ElfMachineOffset = 18;
    private const int ZbootMagicOffset = 4;

    private static readonly (byte[] Magic, string Name)[] OtherCompressions =
    [
        ([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "xz"),
        ([(byte)'B', (byte)'Z', (byte)'h'], "bzip2"),
        ([0x04, 0x22, 0x4d, 0x18], "lz4"),
        ([0x02, 0x21, 0x4c, 0x18], "lz4"),
        ([0x89, (byte)'L', (byte)'Z', (byte)'O'], "lzo"),
        ([0x5d, 0, 0], "lzma"),
    ];

    /// <summary>Whether this is the beginning of a gzip member.</summary>
    public static bool IsGzip(ReadOnlySpan<byte> prefix) => prefix.StartsWith<byte>([0x1f, 0x8b, 0x08]);

    /// <summary>Whether this is the beginning of a zstd frame.</summary>
    public static bool IsZstd(ReadOnlySpan<byte> prefix) => prefix.StartsWith<byte>([0x28, 0xb5, 0x2f, 0xfd]);

    /// <summary>Whether this is an EFI program that holds a compressed kernel (CONFIG_EFI_ZBOOT).</summary>
    public static bool IsZboot(ReadOnlySpan<byte> prefix) =>
        prefix.StartsWith("MZ"u8) && At(prefix, ZbootMagicOffset).StartsWith("zimg"u8);

    /// <summary>Whether this is an ELF file.</summary>
    public static bool IsElf(ReadOnlySpan<byte> prefix) => prefix.StartsWith<byte>([0x7f, (byte)'E', (byte)'L', (byte)'F']);

    /// <summary>Whether this is an x86 kernel with a setup header.</summary>
    public static bool IsX86Setup(ReadOnlySpan<byte> prefix) => At(prefix, X86SetupMagicOffset).StartsWith("HdrS"u8);

    /// <summary>Whether this is a riscv Image.</summary>
    public static bool IsRiscvImage(ReadOnlySpan<byte> prefix) =>
        At(prefix, RiscvMagicOffset).StartsWith("RSC\x05"u8) || At(prefix, RiscvOldMagicOffset).StartsWith("RISCV\0\0\0"u8);

    /// <summary>
    /// Whether this is a U-Boot for a riscv supervisor (u-boot.bin): a flat image without a header, recognised by its first two
    /// instructions. They save the firmware's arguments, the hart in tp and the device tree in s1; they may be compressed instructions.
    /// </summary>
    public static bool IsRiscvUBoot(ReadOnlySpan<byte> prefix) =>
        prefix.StartsWith<byte>([0x2a, 0x82, 0xae, 0x84]) || prefix.StartsWith<byte>([0x13, 0x02, 0x05, 0x00, 0x93, 0x84, 0x05, 0x00]);

    /// <summary>The architecture of a kernel, unwrapped first. Reads only the kernel's beginning.</summary>
    /// <exception cref="BootException">The kernel cannot be opened or read.</exception>
    public static KernelArchitecture ArchitectureOf(BootSource kernel)
    {
        using var image = BootReading.Guard(kernel, () => KernelFile.Open(kernel));
        return ArchitectureOf(image.Prefix);
    }

    /// <summary>The architecture of the kernel with this beginning.</summary>
    public static KernelArchitecture ArchitectureOf(ReadOnlySpan<byte> prefix)
    {
        if (IsElf(prefix))
            return ElfMachine(prefix).Architecture;
        if (IsX86Setup(prefix))
            return KernelArchitecture.X86;
        if (IsRiscvImage(prefix) || IsRiscvUBoot(prefix) || IsMachineModeUBoot(prefix))
            return KernelArchitecture.Riscv64;
        return At(prefix, Arm64MagicOffset).StartsWith("ARM\x64"u8) ? KernelArchitecture.Arm64 : KernelArchitecture.Unknown;
    }

    /// <summary>Describes a file that a machine does not boot, as the end of a sentence.</summary>
    /// <param name="prefix">The file's beginning.</param>
    /// <param name="machine">The machine's architecture.</param>
    public static string Describe(ReadOnlySpan<byte> prefix, KernelArchitecture machine)
    {
        if (prefix.IsEmpty)
            return "it is empty";
        if (IsElf(prefix) && machine == KernelArchitecture.Riscv64)
            return $"it is an ELF file{ElfMachine(prefix).Name}, and an Image is needed (arch/riscv/boot/Image in a kernel's build)";
        if (IsElf(prefix))
            return $"it is an ELF file{ElfMachine(prefix).Name}, and this machine is {Name(machine)}";
        if (IsMachineModeUBoot(prefix))
        {
            return "it is a U-Boot for machine mode, and this machine begins in supervisor mode: "
                + "take one built for that (Debian: qemu-riscv64_smode/u-boot.bin)";
        }

        var architecture = ArchitectureOf(prefix);
        if (architecture == machine)
            return "it is cut off within its header";
        if (architecture != KernelArchitecture.Unknown)
            return $"it is {Kind(architecture)}, and this machine is {Name(machine)}";
        foreach (var (magic, name) in OtherCompressions)
        {
            if (prefix.StartsWith(magic))
                return $"it is compressed with {name}, which is not supported: uncompress it, or use gzip or zstd";
        }

        if (prefix.StartsWith("070701"u8) || prefix.StartsWith("070702"u8))
            return "it is a cpio archive, which looks like an initial ramdisk";
        if (prefix.StartsWith("MZ"u8))
            return $"it is an EFI program that is no {Name(machine)} kernel";
        return "it is not a Linux kernel";
    }

    /// <summary>Its first instruction reads the hart's ID, which only machine mode may.</summary>
    private static bool IsMachineModeUBoot(ReadOnlySpan<byte> prefix) =>
        prefix.StartsWith<byte>([0x73, 0x25, 0x40, 0xf1]) && IsRiscvUBoot(prefix[4..]);

    private static ReadOnlySpan<byte> At(ReadOnlySpan<byte> prefix, int offset) => prefix.Length > offset ? prefix[offset..] : [];

    private static string Name(KernelArchitecture machine) => machine == KernelArchitecture.X86 ? "x86-64" : "riscv64";

    private static string Kind(KernelArchitecture architecture) => architecture switch
    {
        KernelArchitecture.X86 => "an x86 kernel (bzImage)",
        KernelArchitecture.Arm64 => "an arm64 kernel",
        _ => "a riscv64 kernel (Image)",
    };

    private static (KernelArchitecture Architecture, string Name) ElfMachine(ReadOnlySpan<byte> prefix) =>
        prefix.Length < ElfMachineOffset + 2 ? default : BinaryPrimitives.ReadUInt16LittleEndian(prefix[ElfMachineOffset..]) switch
        {
            3 => (KernelArchitecture.X86, " for x86"),
            40 => (KernelArchitecture.Unknown, " for arm"),
            62 => (KernelArchitecture.X86, " for x86-64"),
            183 => (KernelArchitecture.Arm64, " for arm64"),
            243 => (KernelArchitecture.Riscv64, " for RISC-V"),
            _ => (KernelArchitecture.Unknown, ""),
        };
}
