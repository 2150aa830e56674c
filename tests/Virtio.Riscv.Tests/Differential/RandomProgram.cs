using System.Globalization;
using System.Text;

namespace Virtio.Riscv.Tests.Differential;

/// <summary>
/// Writes a random program from a seed: it sets every register, executes a few hundred random instructions, some of them in loops, and then
/// writes all registers, fcsr and its data to standard output with Linux system calls and exits. s0 is the data's address, s1 a loop's
/// count.
/// </summary>
internal sealed partial class RandomProgram(int seed)
{
    public const int DataSize = 1024;
    public const int ResultSize = (32 * 8) + (32 * 8) + 8 + DataSize;

    private const int Instructions = 400;

    private static readonly string[] Integer =
    [
        .. Enumerable.Range(0, 32).Where(i => i is not (2 or 3 or 4 or 8 or 9)).Select(i => $"x{i}"),
    ];
    private static readonly string[] Compressed = ["x10", "x11", "x12", "x13", "x14", "x15"];
    private static readonly string[] ThreeRegisters =
    [
        "add", "sub", "sll", "slt", "sltu", "xor", "srl", "sra", "or", "and", "addw", "subw", "sllw", "srlw", "sraw",
        "mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu", "mulw", "divw", "divuw", "remw", "remuw",
    ];

    private static readonly string[] Rounding = ["rne", "rtz", "rdn", "rup", "rmm", "dyn"];

    private static readonly ulong[] Interesting =
    [
        0, 1, 2, 0x7F, 0x80, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, ulong.MaxValue,
        0xFFFF_FFFF_8000_0000, 0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0001, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000,
        0x7FF8_0000_0000_0000,
        0x7FF0_0000_0000_0001, 0x0010_0000_0000_0000, 0x000F_FFFF_FFFF_FFFF, 0xFFFF_FFFF_3F80_0000, 0xFFFF_FFFF_7F80_0000,
        0xFFFF_FFFF_7F80_0001,
        0xFFFF_FFFF_7FC0_0000, 0xFFFF_FFFF_0080_0000, 0xFFFF_FFFF_007F_FFFF, 0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_4F00_0000,
        0x41DF_FFFF_FFC0_0000,
        0x43E0_0000_0000_0000, 0xFFFF_FFFF_5F00_0000, 0x3810_0000_0000_0000, 0x47EF_FFFF_F000_0000,
    ];

    private readonly Random _random = new(seed);
    private readonly StringBuilder _text = new();
    private int _label;

    public string Write()
    {
        _text.Append(".globl _start\n.text\n_start:\n la s0, data\n la x5, initial\n fscsr x0\n");
        for (int i = 0; i < 32; i++)
            _text.Append(CultureInfo.InvariantCulture, $" fld f{i}, {256 + (8 * i)}(x5)\n");
        foreach (string register in Integer.Where(r => r is not ("x0" or "x5")))
            _text.Append(
                CultureInfo.InvariantCulture, $" ld {register}, {8 * int.Parse(register[1..], CultureInfo.InvariantCulture)}(x5)\n");
        _text.Append(" ld x5, 40(x5)\n");
        for (int i = 0; i < Instructions; i++)
            WriteOne();
        WriteEnd();
        return _text.ToString();
    }

    private void WriteOne()
    {
        int kind = _random.Next(100);
        switch (kind)
        {
            case < 22:
                Line($"{Pick(ThreeRegisters)} {X()}, {X()}, {X()}");
                break;
            case < 36:
                WriteImmediate();
                break;
            case < 46:
                WriteCompressed();
                break;
            case < 58:
                WriteMemory();
                break;
            case < 64:
                WriteAtomic();
                break;
            case < 70:
                WriteBranch();
                break;
            case < 73:
                WriteLoop();
                break;
            case < 76:
                WriteControl();
                break;
            default:
                WriteFloat();
                break;
        }
    }

    private void WriteImmediate()
    {
        string[] shifts = ["slli", "srli", "srai"],
            wordShifts = ["slliw", "srliw", "sraiw"],
            plain = ["addi", "slti", "sltiu", "xori", "ori", "andi", "addiw"];
        switch (_random.Next(5))
        {
            case 0:
                Line($"{Pick(shifts)} {X()}, {X()}, {_random.Next(64)}");
                break;
            case 1:
                Line($"{Pick(wordShifts)} {X()}, {X()}, {_random.Next(32)}");
                break;
            case 2:
                Line($"{Pick(["lui", "auipc"])} {X()}, {_random.Next(1 << 20)}");
                break;
            default:
                Line($"{Pick(plain)} {X()}, {X()}, {_random.Next(-2048, 2048)}");
                break;
        }
    }

    private void WriteCompressed()
    {
        string a = Pick(Compressed), b = Pick(Compressed), any = Pick(Integer[1..]), other = Pick(Integer[1..]);
        int small = _random.Next(-32, 32), nonzero = small == 0 ? 7 : small;
        switch (_random.Next(8))
        {
            case 0:
                Line($"c.{Pick(["sub", "xor", "or", "and", "subw", "addw"])} {a}, {b}");
                break;
            case 1:
                Line($"c.{Pick(["addi", "addiw", "li"])} {any}, {nonzero}");
                break;
            case 2:
                Line($"c.{Pick(["mv", "add"])} {any}, {other}");
                break;
            case 3:
                Line($"c.{Pick(["srli", "srai"])} {a}, {_random.Next(1, 64)}");
                break;
            case 4:
                Line($"c.andi {a}, {small}");
                break;
            case 5:
                Line($"c.slli {any}, {_random.Next(1, 64)}");
                break;
            case 6:
                Line($"c.lui {any}, {_random.Next(1, 32)}");
                break;
            default:
                Line($"c.{Pick(["ld", "sd", "lw", "sw"])} {a}, {8 * _random.Next(8)}(s0)");
                break;
        }
    }

    // With any alignment, because misaligned accesses have to work as well.
    private void WriteMemory()
    {
        int offset = _random.Next(DataSize - 8);
        switch (_random.Next(4))
        {
            case 0:
                Line($"{Pick(["sb", "sh", "sw", "sd"])} {X()}, {offset}(s0)");
                break;
            case 1:
                Line($"{Pick(["flw", "fld", "fsw", "fsd"])} {F()}, {offset}(s0)");
                break;
            default:
                Line($"{Pick(["lb", "lh", "lw", "ld", "lbu", "lhu", "lwu"])} {X()}, {offset}(s0)");
                break;
        }
    }

    private void WriteAtomic()
    {
        string order = Pick(["", ".aq", ".rl", ".aqrl"]), width = Pick([".w", ".d"]);
        Line($"addi x31, s0, {8 * _random.Next(DataSize / 8)}");
        if (_random.Next(4) != 0)
        {
            string operation = Pick(["swap", "add", "xor", "and", "or", "min", "max", "minu", "maxu"]);
            Line($"amo{operation}{width}{order} {X()}, {X()}, (x31)");
            return;
        }

        Line($"lr{width} x30, (x31)");
        if (_random.Next(3) == 0)
            Line("sc.w x29, x30, (s0)");
        Line($"sc{width} x28, {X()}, (x31)");
    }

    private void WriteBranch()
    {
        int label = _label++;
        switch (_random.Next(4))
        {
            case 0:
                Line($"jal {Pick(["x1", "x5", "x6", "x0"])}, 9{label}f");
                break;
            case 1:
                Line($"la x7, 9{label}f");
                Line($"jalr {Pick(["x1", "x0", "x7", "x29"])}, 0(x7)");
                break;
            default:
                Line($"{Pick(["beq", "bne", "blt", "bge", "bltu", "bgeu"])} {X()}, {X()}, 9{label}f");
                break;
        }

        for (int i = _random.Next(5); i > 0; i--)
            Line($"{Pick(ThreeRegisters)} {X()}, {X()}, {X()}");
        _text.Append(CultureInfo.InvariantCulture, $"9{label}:\n");
    }

    private void WriteLoop()
    {
        int label = _label++;
        Line($"li s1, {_random.Next(1, 20)}");
        _text.Append(CultureInfo.InvariantCulture, $"9{label}:\n");
        for (int i = _random.Next(1, 8); i > 0; i--)
        {
            if (_random.Next(3) == 0)
                WriteMemory();
            else
                Line($"{Pick(ThreeRegisters)} {X()}, {X()}, {X()}");
        }

        Line("addi s1, s1, -1");
        Line($"bnez s1, 9{label}b");
    }

    private void WriteControl()
    {
        switch (_random.Next(4))
        {
            case 0:
                Line($"csrrwi {X()}, frm, {_random.Next(5)}");
                break;
            case 1:
                Line($"csrr{Pick(["w", "s", "c"])} {X()}, fflags, {X()}");
                break;
            case 2:
                Line($"csrrs {X()}, {Pick(["fcsr", "frm", "fflags"])}, x0");
                break;
            default:
                Line(Pick(["fence", "fence rw, w", "fence.i", "nop"]));
                break;
        }
    }

    private void Line(string line) => _text.Append(' ').Append(line).Append('\n');

    private string X() => Pick(Integer);

    private string F() => $"f{_random.Next(32)}";

    private ulong Value() => _random.Next(3) switch
    {
        0 => (ulong)_random.NextInt64(long.MinValue, long.MaxValue),
        1 => 0xFFFF_FFFF_0000_0000 | (uint)_random.Next(int.MinValue, int.MaxValue),
        _ => Interesting[_random.Next(Interesting.Length)],
    };

    private string Pick(string[] choices) => choices[_random.Next(choices.Length)];
}
