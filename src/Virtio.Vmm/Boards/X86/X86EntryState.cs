using System.Buffers.Binary;
using Virtio.Memory;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// The state of the first processor at the kernel's first instruction. Registers that are not listed are zero, interrupts are off.
/// The tables that the registers point to are in the guest's memory, which the guest may change.
/// </summary>
internal sealed class X86EntryState
{
    private const ulong ProtectedMode = 1 << 0; // cr0.PE
    private const ulong ExtensionType = 1 << 4; // cr0.ET, which is always set
    private const ulong Paging = 1UL << 31; // cr0.PG
    private const ulong PhysicalAddressExtension = 1 << 5; // cr4.PAE
    private const ulong LongMode = 1 << 8 | 1 << 10; // EFER.LME, EFER.LMA
    private const ulong PageSize = 4096;
    private const ulong LargePageSize = 2 << 20;
    private const ulong PresentAndWritable = 3;
    private const ulong LargePage = 1 << 7;
    private const int EntriesPerTable = 512;
    private const int MappedGigabytes = 4;

    private X86EntryState(X86Boot boot)
    {
        bool isLong = boot.Protocol == X86BootProtocol.Linux64;
        InstructionPointer = boot.Entry;
        Rsi = isLong ? boot.Parameters : 0;
        Rbx = isLong ? 0 : boot.Parameters;
        Cr0 = ProtectedMode | ExtensionType | (isLong ? Paging : 0);
        Cr3 = isLong ? X86BoardLayout.PageTablesAddress : 0;
        Cr4 = isLong ? PhysicalAddressExtension : 0;
        Efer = isLong ? LongMode : 0;

        // The selectors are those that the 64-bit boot protocol names: __BOOT_CS and __BOOT_DS.
        Code = new X86Segment(0x10, Type: 0xb, IsSystem: false, IsLong: isLong, Is32Bit: !isLong, Limit: uint.MaxValue);
        Data = new X86Segment(0x18, Type: 0x3, IsSystem: false, IsLong: false, Is32Bit: true, Limit: uint.MaxValue);
        Task = new X86Segment(0x20, Type: 0xb, IsSystem: true, IsLong: false, Is32Bit: false, Limit: 0x67);
    }

    /// <summary>The first instruction.</summary>
    public ulong InstructionPointer { get; }

    /// <summary>Register rsi.</summary>
    public ulong Rsi { get; }

    /// <summary>Register rbx.</summary>
    public ulong Rbx { get; }

    /// <summary>The flags: only the bit that is always set.</summary>
    public ulong Flags { get; } = 2;

    /// <summary>Control register 0.</summary>
    public ulong Cr0 { get; }

    /// <summary>Control register 3.</summary>
    public ulong Cr3 { get; }

    /// <summary>Control register 4.</summary>
    public ulong Cr4 { get; }

    /// <summary>The extended feature register.</summary>
    public ulong Efer { get; }

    /// <summary>The segment in cs.</summary>
    public X86Segment Code { get; }

    /// <summary>The segment in ds, es, fs, gs and ss.</summary>
    public X86Segment Data { get; }

    /// <summary>The segment in tr, which a processor requires; ldtr has none.</summary>
    public X86Segment Task { get; }

    /// <summary>The address of the global descriptor table.</summary>
    public ulong GdtAddress { get; } = X86BoardLayout.GdtAddress;

    /// <summary>The offset of its last byte. There is no interrupt descriptor table.</summary>
    public ushort GdtLimit { get; } = 5 * sizeof(ulong) - 1;

    /// <summary>Creates the state for a loaded kernel and writes its tables into memory.</summary>
    public static X86EntryState Prepare(GuestMemory memory, X86Boot boot)
    {
        var state = new X86EntryState(boot);
        Write(memory, X86BoardLayout.GdtAddress, [0, 0, state.Code.Descriptor, state.Data.Descriptor, state.Task.Descriptor]);
        if (boot.Protocol == X86BootProtocol.Linux64)
            WritePageTables(memory);
        return state;
    }

    /// <summary>Maps the first 4 GiB to themselves: all that a kernel may touch before it has page tables of its own is there.</summary>
    private static void WritePageTables(GuestMemory memory)
    {
        const ulong Level3 = X86BoardLayout.PageTablesAddress + PageSize;
        const ulong Level2 = Level3 + PageSize;
        const int LargePageCount = MappedGigabytes * EntriesPerTable;
        Write(memory, X86BoardLayout.PageTablesAddress, [Level3 | PresentAndWritable]);
        Write(memory, Level3, [.. Enumerable.Range(0, MappedGigabytes).Select(i => (Level2 + (ulong)i * PageSize) | PresentAndWritable)]);
        var largePages = Enumerable.Range(0, LargePageCount).Select(i => (ulong)i * LargePageSize | LargePage | PresentAndWritable);
        Write(memory, Level2, [.. largePages]);
    }

    private static void Write(GuestMemory memory, ulong address, ReadOnlySpan<ulong> entries)
    {
        var bytes = new byte[entries.Length * sizeof(ulong)];
        for (var i = 0; i < entries.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), entries[i]);
        memory.TryWrite(address, bytes);
    }
}
