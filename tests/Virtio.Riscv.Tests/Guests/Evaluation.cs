using System.Text;

namespace Virtio.Riscv.Tests.Guests;

/// <summary>Runs many instructions, each with its own operands, in one program: operands in a1 and a2, result in a0.</summary>
internal static class Evaluation
{
    public static void Check(params (string Instruction, ulong A1, ulong A2, ulong Expected)[] cases)
    {
        StringBuilder source = new("_start: float_on\n la s0, results\n");
        foreach ((string instruction, ulong a1, ulong a2, _) in cases)
            source.Append($" li a0, 0x5555\n li a1, 0x{a1:x}\n li a2, 0x{a2:x}\n {instruction}\n sd a0, 0(s0)\n addi s0, s0, 8\n");
        source.Append($" finish\n.balign 8\nresults: .space {8 * cases.Length}\n");
        using Guest guest = new(source.ToString());
        guest.Run();
        for (int i = 0; i < cases.Length; i++)
        {
            ulong actual = guest.Doubleword("results", i);
            Assert.True(
                actual == cases[i].Expected,
                $"{cases[i].Instruction} of 0x{cases[i].A1:x}, 0x{cases[i].A2:x} gave 0x{actual:x}, not 0x{cases[i].Expected:x}.");
        }
    }
}
