using Virtio.Riscv.Float;

namespace Virtio.Riscv.Tests.Float;

/// <summary>Compares the result and the exceptions of every operation, in every rounding mode, with exact arithmetic.</summary>
public sealed class FloatArithmeticTests
{
    private const int RandomCases = 20_000;

    public static TheoryData<string> Mnemonics => [.. FloatOperations.All.Select(operation => operation.Mnemonic)];

    [Theory]
    [MemberData(nameof(Mnemonics))]
    public void Corner_values_give_the_exactly_rounded_result_and_its_exceptions(string mnemonic)
    {
        var operation = FloatOperations.Of(mnemonic);
        foreach (var (a, b, c) in FloatOperands.Corners(operation))
        {
            Check(operation, a, b, c);
        }
    }

    [Theory]
    [MemberData(nameof(Mnemonics))]
    public void Random_values_give_the_exactly_rounded_result_and_its_exceptions(string mnemonic)
    {
        var operation = FloatOperations.Of(mnemonic);
        foreach (var (a, b, c) in FloatOperands.Random(operation, seed: 64, RandomCases))
        {
            Check(operation, a, b, c);
        }
    }

    [Fact]
    public void No_operation_allocates()
    {
        foreach (var operation in FloatOperations.All)
        {
            var operands = FloatOperands.Random(operation, seed: 7, 200).ToArray();
            Sweep(operation, operands);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Sweep(operation, operands);
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    private static void Sweep(FloatOperation operation, (ulong A, ulong B, ulong C)[] operands)
    {
        foreach (var (a, b, c) in operands)
        {
            for (var mode = RoundingMode.NearestEven; mode <= RoundingMode.NearestMaxMagnitude; mode++)
            {
                var flags = FloatFlags.None;
                operation.Run(a, b, c, mode, ref flags);
            }
        }
    }

    private static void Check(FloatOperation operation, ulong a, ulong b, ulong c)
    {
        var last = operation.Rounds ? RoundingMode.NearestMaxMagnitude : RoundingMode.NearestEven;
        for (var mode = RoundingMode.NearestEven; mode <= last; mode++)
        {
            var (bits, flags) = operation.Expect(a, b, c, mode);

            // The flags that were set before select the way in which the result is computed, but must not change the result, and stay set.
            foreach (var accrued in (ReadOnlySpan<FloatFlags>)[FloatFlags.None, FloatFlags.Inexact, FloatFlags.DivideByZero])
            {
                var actual = accrued;
                var result = operation.Run(a, b, c, mode, ref actual);
                if (result != bits || actual != (accrued | flags))
                {
                    Assert.Fail(
                        $"{operation} {a:x} {b:x} {c:x}, {mode}, {accrued}: {result:x} {actual}, expected {bits:x} {accrued | flags}");
                }
            }
        }
    }
}
