using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Virtio.Riscv.Tests.Guests;

/// <summary>
/// A machine with 16 MiB of RAM at <see cref="Base"/> and an assembled program, run on the test's thread or on threads of its own.
/// </summary>
internal sealed class Guest : IDisposable
{
    public const ulong Base = 0x8000_0000;
    public const int Size = 16 << 20;

    // Macros for every program. `finish` shuts the machine down; `handler` names a trap handler.
    private const string Prelude = """
        .macro finish
            li a0, 0
            li a1, 0
            li a6, 0
            li a7, 0x53525354
            ecall
        .endm
        .macro handler name
            la t0, \name
            csrw stvec, t0
        .endm
        .macro float_on
            li t0, 0x2000
            csrs sstatus, t0
        .endm
        .section .text
        .globl _start

        """;

    private readonly byte[] _memory = GC.AllocateArray<byte>(Size + 4096, pinned: true);
    private readonly int _offset;
    private readonly StringBuilder _console = new();
    private readonly ElfFile _program;

    public Guest(string source, int harts = 1, IRiscvBus? bus = null, RiscvDebugConsole? console = null)
    {
        _program = new ElfFile(Assembler.Assemble(Prelude + source + "\n", Base + 0x1000));
        nint host = Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);
        _offset = (int)((4096 - (host & 4095)) & 4095);
        _program.CopyTo((address, bytes) => bytes.CopyTo(_memory, Index(address)));
        Machine = new RiscvMachine(new RiscvMachineOptions
        {
            Memory = [new RiscvMemoryRegion(Base, host + _offset, Size)],
            HartCount = harts,
            Bus = bus,
            DebugConsole = console ?? (bytes => _console.Append(Encoding.ASCII.GetString(bytes))),
        });
        Hart.ProgramCounter = _program.Entry;
    }

    public RiscvMachine Machine { get; }

    public RiscvHart Hart => Machine.Harts[0];

    public string Console => _console.ToString();

    public ulong this[string register] => Hart.GetRegister(Number(register));

    /// <summary>Runs hart 0 on this thread until the program finishes. The test fails if that takes more than the limit.</summary>
    public Guest Run(ulong limit = 20_000_000)
    {
        ulong retired = Hart.Run(limit);
        Assert.True(retired < limit, $"The program was still running at 0x{Hart.ProgramCounter:x} after {retired} instructions.");
        return this;
    }

    /// <summary>Runs all harts on their own threads until the program finishes.</summary>
    public RiscvStopReason RunOnThreads()
    {
        Start();
        return WaitForStop(TimeSpan.FromSeconds(60));
    }

    public void Start(ulong deviceTree = 0) => Machine.Start(_program.Entry, deviceTree);

    public RiscvStopReason WaitForStop(TimeSpan limit)
    {
        Assert.True(Machine.Completion.Wait(limit), $"The machine did not stop within {limit}.");
        return Machine.Completion.Result;
    }

    public ulong Symbol(string name) => _program.Symbols[name];

    public ulong Doubleword(string symbol, int index = 0) => Doubleword(Symbol(symbol) + (ulong)(8 * index));

    public ulong Doubleword(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(_memory.AsSpan(Index(address)));

    public void SetDoubleword(ulong address, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(_memory.AsSpan(Index(address)), value);

    public ulong Csr(int number)
    {
        Assert.True(Hart.TryReadCsr(number, out ulong value));
        return value;
    }

    public void Dispose() => Machine.Dispose();

    private int Index(ulong address) => checked((int)(address - Base)) + _offset;

    private static int Number(string register)
    {
        int index = int.Parse(register[1..], CultureInfo.InvariantCulture);
        return register[0] switch
        {
            'a' => 10 + index,
            's' => index < 2 ? 8 + index : 16 + index,
            't' => index < 3 ? 5 + index : 25 + index,
            _ => index,
        };
    }
}
