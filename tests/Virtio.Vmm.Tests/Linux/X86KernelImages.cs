using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Virtio.Vmm.Tests.Linux;

/// <summary>Makes x86 kernel files for the loader.</summary>
internal static class X86KernelImages
{
    public const ulong LoadAddress = 16 << 20;
    public const int SetupSize = 5 * 512;

    /// <summary>A bzImage: its setup code with the header, then random bytes. Its length is a multiple of 16.</summary>
    public static byte[] BzImage(int length = 100_000, uint memorySize = 300_000)
    {
        var file = RandomNumberGenerator.GetBytes(SetupSize + length);
        var setup = file.AsSpan(0, SetupSize);
        setup.Clear();
        setup[0x1f1] = SetupSize / 512 - 1;
        setup[0x201] = 0x6a;
        setup[0x211] = 1;
        setup[0x236] = 1;
        "HdrS"u8.CopyTo(setup[0x202..]);
        BinaryPrimitives.WriteUInt32LittleEndian(setup[0x1f4..], (uint)length / 16);
        BinaryPrimitives.WriteUInt16LittleEndian(setup[0x1fe..], 0xaa55);
        BinaryPrimitives.WriteUInt16LittleEndian(setup[0x206..], 0x20f);
        BinaryPrimitives.WriteUInt32LittleEndian(setup[0x22c..], 0x7fff_ffff);
        BinaryPrimitives.WriteUInt32LittleEndian(setup[0x230..], 2 << 20);
        BinaryPrimitives.WriteUInt32LittleEndian(setup[0x238..], 2047);
        BinaryPrimitives.WriteUInt32LittleEndian(setup[0x248..], 0x200);
        BinaryPrimitives.WriteUInt32LittleEndian(setup[0x24c..], (uint)length - 0x200);
        BinaryPrimitives.WriteUInt64LittleEndian(setup[0x258..], LoadAddress);
        BinaryPrimitives.WriteUInt32LittleEndian(setup[0x260..], memorySize);
        return file;
    }

    /// <summary>An ELF file with a PVH entry at the beginning of its first segment and its notes at its end.</summary>
    public static byte[] Elf(params (ulong Address, int Length, ulong MemorySize)[] segments)
    {
        var notes = Note("Xen\0"u8, 18, BitConverter.GetBytes(segments[0].Address));
        return Elf([.. Note("GNU\0"u8, 3, new byte[20]), .. notes], segments);
    }

    /// <summary>An ELF file with the given notes.</summary>
    public static byte[] Elf(byte[] notes, params (ulong Address, int Length, ulong MemorySize)[] segments)
    {
        var file = new List<byte>(new byte[4096]);
        var headers = new List<byte>();
        foreach (var (address, length, memorySize) in segments)
        {
            headers.AddRange(ProgramHeader(1, (ulong)file.Count, (ulong)length, address, memorySize));
            file.AddRange(RandomNumberGenerator.GetBytes(length));
        }

        headers.AddRange(ProgramHeader(4, (ulong)file.Count, (ulong)notes.Length, 0, (ulong)notes.Length));
        file.AddRange(notes);
        byte[] elf = [.. file];
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(elf, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(18), 62);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(56), (ushort)(segments.Length + 1));
        headers.ToArray().CopyTo(elf, 64);
        return elf;
    }

    public static byte[] Note(ReadOnlySpan<byte> name, uint type, ReadOnlySpan<byte> content)
    {
        var note = new byte[12 + Aligned(name.Length) + Aligned(content.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(note, name.Length);
        BinaryPrimitives.WriteInt32LittleEndian(note.AsSpan(4), content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(8), type);
        name.CopyTo(note.AsSpan(12));
        content.CopyTo(note.AsSpan(12 + Aligned(name.Length)));
        return note;
    }

    private static byte[] ProgramHeader(uint type, ulong offset, ulong length, ulong address, ulong memorySize)
    {
        var header = new byte[56];
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), ~address);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), address);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), length);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(40), memorySize);
        return header;
    }

    private static int Aligned(int length) => (length + 3) & ~3;
}
