using System.Runtime.InteropServices;
using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Differential;

/// <summary>
/// Compares random programs with QEMU's emulation of a Linux process: registers, flags and memory at the end must be equal.
/// </summary>
public sealed class DifferentialTests
{
    private const ulong TextAddress = 0x10000;
    private const int MemorySize = 1 << 20;

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 24)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_random_program_ends_in_the_same_state_as_under_qemu(int seed)
    {
        string program = Assembler.Assemble(new RandomProgram(seed).Write(), TextAddress);
        byte[] expected = Assembler.Run("qemu-riscv64", "-cpu", "rv64,v=false", program);
        byte[] actual = RunHere(program);
        Assert.Equal(RandomProgram.ResultSize, expected.Length);
        for (int i = 0; i < RandomProgram.ResultSize; i += 8)
        {
            ulong left = BitConverter.ToUInt64(expected, i), right = BitConverter.ToUInt64(actual, i);
            Assert.True(left == right, $"{Name(i)} is 0x{right:x}, and 0x{left:x} under QEMU, in {program}.");
        }
    }

    private static string Name(int offset) => offset switch
    {
        < 256 => $"x{offset / 8}",
        < 512 => $"f{(offset - 256) / 8}",
        512 => "fcsr",
        _ => $"data[{offset - 520}]",
    };

    // The program's system calls are unknown firmware calls on this machine. The program then waits in a loop.
    private static byte[] RunHere(string path)
    {
        ElfFile program = new(path);
        byte[] memory = GC.AllocateArray<byte>(MemorySize, pinned: true);
        program.CopyTo((address, bytes) => bytes.CopyTo(memory, (int)address));
        using RiscvMachine machine = new(new RiscvMachineOptions
        {
            Memory = [new RiscvMemoryRegion(0, Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0), MemorySize)],
        });
        RiscvHart hart = machine.Harts[0];
        const int Status = 0x100;
        Assert.True(hart.TryWriteCsr(Status, 0x2000));
        hart.ProgramCounter = program.Entry;
        hart.Run(40_000);
        return memory.AsSpan((int)program.Symbols["result"], RandomProgram.ResultSize).ToArray();
    }
}
