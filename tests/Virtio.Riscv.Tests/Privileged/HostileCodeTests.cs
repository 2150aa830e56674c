using System.Runtime.InteropServices;

namespace Virtio.Riscv.Tests.Privileged;

/// <summary>
/// Memory full of random instructions, page tables and registers. Nothing outside guest memory may change, and the hart must always return.
/// </summary>
public sealed class HostileCodeTests
{
    private const ulong Base = 0x8000_0000;
    private const int Size = 1 << 20, Guard = 1 << 16;
    private const byte Pattern = 0xA5;
    private const int Stvec = 0x105, Satp = 0x180, Sstatus = 0x100, Sie = 0x104;

    private static readonly byte[] Opcodes =
    [
        0x03, 0x07, 0x0F, 0x13, 0x17, 0x1B, 0x23, 0x27, 0x2F, 0x33, 0x37, 0x3B, 0x43, 0x47, 0x4B, 0x4F, 0x53, 0x63, 0x67, 0x6F, 0x73,
    ];

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 16)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_code_stays_inside_its_memory(int seed)
    {
        Random random = new(seed);
        byte[] memory = GC.AllocateArray<byte>(Size + (2 * Guard), pinned: true);
        memory.AsSpan().Fill(Pattern);
        FillWithCode(random, memory.AsSpan(Guard, Size));
        using RiscvMachine machine = new(new RiscvMachineOptions
        {
            Memory = [new RiscvMemoryRegion(Base, Marshal.UnsafeAddrOfPinnedArrayElement(memory, Guard), Size)],
            HartCount = 2,
        });
        RiscvHart hart = machine.Harts[0];
        for (int round = 0; round < 200; round++)
        {
            Scramble(random, hart);
            hart.Run(2_000);
        }

        Assert.True(memory.AsSpan(0, Guard).IndexOfAnyExcept(Pattern) < 0, "Memory before the guest's was written.");
        Assert.True(memory.AsSpan(Guard + Size).IndexOfAnyExcept(Pattern) < 0, "Memory behind the guest's was written.");
    }

    private static void FillWithCode(Random random, Span<byte> memory)
    {
        random.NextBytes(memory);
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(memory);
        for (int i = 0; i < words.Length; i++)
        {
            // Makes two thirds of the words valid 32-bit instructions. The rest are mostly 16-bit instructions.
            if (random.Next(3) != 0)
                words[i] = (words[i] & ~0x7Fu) | Opcodes[random.Next(Opcodes.Length)];
        }

        // Page tables with entries that point into memory and next to it.
        Span<ulong> entries = MemoryMarshal.Cast<byte, ulong>(memory[..(16 * 4096)]);
        for (int i = 0; i < entries.Length; i++)
            entries[i] = ((Base >> 12) + (ulong)random.Next((Size >> 12) + 4) - 2 << 10) | (uint)random.Next(256) | 1;
    }

    private static void Scramble(Random random, RiscvHart hart)
    {
        hart.Privilege = RiscvPrivilege.Supervisor;
        for (int i = 1; i < 32; i++)
            hart.SetRegister(i, Address(random));
        Assert.True(hart.TryWriteCsr(Satp, random.Next(3) != 0 ? 0 : (8UL << 60) | ((Base >> 12) + (ulong)random.Next(16))));
        Assert.True(hart.TryWriteCsr(Stvec, Address(random)));
        Assert.True(hart.TryWriteCsr(Sstatus, (ulong)random.NextInt64()));
        Assert.True(hart.TryWriteCsr(Sie, (ulong)random.NextInt64()));
        hart.ProgramCounter = Address(random);
    }

    private static ulong Address(Random random) => random.Next(8) switch
    {
        0 => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
        1 => Base + Size - (ulong)random.Next(16),
        2 => ulong.MaxValue - (ulong)random.Next(16),
        3 => (ulong)random.Next(1 << 30),
        _ => Base + (ulong)random.Next(Size),
    };
}
