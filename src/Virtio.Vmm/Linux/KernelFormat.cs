using System.Buffers.Binary;

namespace Virtio.Vmm.Linux;

/// <summary>Tells what a file is that was given as a kernel, so that a refusal can say so.</summary>
internal static class KernelFormat
{
    /// <summary>How much of a file's beginning is needed to tell.</summary>
    public const int PrefixSize = 4096;

    private const int Arm64MagicOffset = 0x38;
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

    /// <summary>What a file is that no machine of this kind boots, as the end of a sentence.</summary>
    public static string Describe(ReadOnlySpan<byte> prefix)
    {
        if (prefix.IsEmpty)
            return "it is empty";
        if (prefix.StartsWith<byte>([0x7f, (byte)'E', (byte)'L', (byte)'F']))
            return $"it is an ELF file{ElfMachine(prefix)}, and an Image is needed (arch/riscv/boot/Image in a kernel's build)";
        if (At(prefix, X86SetupMagicOffset).StartsWith("HdrS"u8))
            return "it is an x86 kernel (bzImage), and this machine is riscv64";
        if (At(prefix, Arm64MagicOffset).StartsWith("ARM\x64"u8))
            return "it is an arm64 kernel, and this machine is riscv64";
        foreach (var (magic, name) in OtherCompressions)
        {
            if (prefix.StartsWith(magic))
                return $"it is compressed with {name}, which is not supported: uncompress it, or use gzip or zstd";
        }

        if (prefix.StartsWith("070701"u8) || prefix.StartsWith("070702"u8))
            return "it is a cpio archive, which looks like an initial ramdisk";
        if (prefix.StartsWith("MZ"u8))
            return "it is an EFI program that is no riscv64 kernel";
        return "it is not a Linux kernel";
    }

    private static ReadOnlySpan<byte> At(ReadOnlySpan<byte> prefix, int offset) => prefix.Length > offset ? prefix[offset..] : [];

    private static string ElfMachine(ReadOnlySpan<byte> prefix) =>
        prefix.Length < ElfMachineOffset + 2 ? "" : BinaryPrimitives.ReadUInt16LittleEndian(prefix[ElfMachineOffset..]) switch
        {
            3 => " for x86",
            40 => " for arm",
            62 => " for x86-64",
            183 => " for arm64",
            243 => " for RISC-V",
            _ => "",
        };
}
