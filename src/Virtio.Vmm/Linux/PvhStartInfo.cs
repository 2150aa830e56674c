using System.Buffers.Binary;
using Virtio.Memory;
using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Linux;

/// <summary>The description of the machine for a PVH kernel, version 1 (Xen, xen/include/public/arch-x86/hvm/start_info.h).</summary>
internal static class PvhStartInfo
{
    private const uint Magic = 0x336e_c578;
    private const int Size = 56;
    private const int ModuleSize = 32;
    private const int MapEntrySize = 24;

    /// <summary>Writes the structure, followed by its module and its memory map.</summary>
    public static void Write(GuestMemory memory, InitrdRange? initrd, ulong acpiRoot)
    {
        const ulong Module = X86BoardLayout.StartInfoAddress + Size;
        const ulong Map = Module + ModuleSize;
        var map = X86MemoryMap.Of(memory);
        var bytes = new byte[Size + ModuleSize + map.Length * MapEntrySize];
        var info = bytes.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(info, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(info[4..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(info[12..], initrd is null ? 0u : 1);
        BinaryPrimitives.WriteUInt64LittleEndian(info[16..], initrd is null ? 0 : Module);
        BinaryPrimitives.WriteUInt64LittleEndian(info[24..], X86BoardLayout.CommandLineAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(info[32..], acpiRoot);
        BinaryPrimitives.WriteUInt64LittleEndian(info[40..], Map);
        BinaryPrimitives.WriteInt32LittleEndian(info[48..], map.Length);
        if (initrd is { } range)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(info[Size..], range.Start);
            BinaryPrimitives.WriteUInt64LittleEndian(info[(Size + 8)..], range.End - range.Start);
        }

        for (var i = 0; i < map.Length; i++)
        {
            var entry = info[(Size + ModuleSize + i * MapEntrySize)..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, map[i].Address);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], map[i].Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], map[i].Type);
        }

        memory.TryWrite(X86BoardLayout.StartInfoAddress, bytes);
    }
}
