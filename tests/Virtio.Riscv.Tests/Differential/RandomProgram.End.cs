using System.Globalization;

namespace Virtio.Riscv.Tests.Differential;

/// <content>Floating point, and the end of the program with its data.</content>
internal sealed partial class RandomProgram
{
    private void WriteFloat()
    {
        string width = Pick([".s", ".d"]), rounding = Pick(Rounding), integer = Pick([".w", ".wu", ".l", ".lu"]);
        switch (_random.Next(10))
        {
            case 0 or 1 or 2:
                Line($"f{Pick(["add", "sub", "mul", "div"])}{width} {F()}, {F()}, {F()}, {rounding}");
                break;
            case 3:
                Line($"f{Pick(["madd", "msub", "nmadd", "nmsub"])}{width} {F()}, {F()}, {F()}, {F()}, {rounding}");
                break;
            case 4:
                Line($"fsqrt{width} {F()}, {F()}, {rounding}");
                break;
            case 5:
                Line($"f{Pick(["sgnj", "sgnjn", "sgnjx", "min", "max"])}{width} {F()}, {F()}, {F()}");
                break;
            case 6:
                Line($"f{Pick(["eq", "lt", "le"])}{width} {X()}, {F()}, {F()}");
                break;
            case 7:
                Line($"fcvt{integer}{width} {X()}, {F()}, {rounding}");
                break;
            case 8:
                Line(
                    width == ".d" && integer is ".w" or ".wu"
                        ? $"fcvt{width}{integer} {F()}, {X()}"
                        : $"fcvt{width}{integer} {F()}, {X()}, {rounding}");
                break;
            default:
                Line(
                    Pick(
                        [
                            $"fcvt.s.d {F()}, {F()}, {rounding}",
                            $"fcvt.d.s {F()}, {F()}",
                            $"fclass{width} {X()}, {F()}",
                            $"fmv.x.{(width == ".s" ? "w" : "d")} {X()}, {F()}",
                            $"fmv.{(width == ".s" ? "w" : "d")}.x {F()}, {X()}",
                        ]));
                break;
        }
    }

    private void WriteEnd()
    {
        _text.Append(" la s1, result\n");
        for (int i = 0; i < 32; i++)
            _text.Append(
                CultureInfo.InvariantCulture,
                $" sd {(i is 2 or 3 or 4 or 9 ? "x0" : $"x{i}")}, {8 * i}(s1)\n fsd f{i}, {256 + (8 * i)}(s1)\n");
        _text.Append(CultureInfo.InvariantCulture, $"""
             frcsr a0
             sd a0, 512(s1)
             li a0, 1
             la a1, result
             li a2, {ResultSize}
             li a7, 64
             ecall
             li a0, 0
             li a7, 93
             ecall
            1: j 1b
            .data
            .balign 8
            initial:

            """);
        for (int i = 0; i < 64; i++)
            _text.Append(CultureInfo.InvariantCulture, $" .quad 0x{Value():x}\n");
        _text.Append(CultureInfo.InvariantCulture, $".globl result\nresult: .space {ResultSize - DataSize}\ndata:\n");
        for (int i = 0; i < DataSize / 8; i++)
            _text.Append(CultureInfo.InvariantCulture, $" .quad 0x{Value():x}\n");
    }
}
