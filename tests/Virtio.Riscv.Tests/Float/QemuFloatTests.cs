using Virtio.Riscv.Float;

namespace Virtio.Riscv.Tests.Float;

/// <summary>
/// Compares the result and the exceptions of every operation, in every rounding mode, with another implementation of the same instructions.
/// </summary>
public sealed class QemuFloatTests
{
    private const int RandomCases = 1_000;

    [Fact]
    public void An_emulated_processor_has_the_same_results_and_exceptions()
    {
        var questions = Questions().ToArray();
        var answers = QemuFloatProgram.Ask(questions);
        Assert.Equal(questions.Length, answers.Length);
        for (var i = 0; i < questions.Length; i++)
        {
            var (index, a, b, c, mode) = questions[i];
            var operation = FloatOperations.All[(int)index];
            var flags = FloatFlags.None;
            var bits = operation.Run(a, b, c, (RoundingMode)mode, ref flags);
            if (answers[i] != new FloatAnswer(bits, (ulong)flags))
            {
                Assert.Fail(
                    $"{operation} {a:x} {b:x} {c:x}, {(RoundingMode)mode}: {bits:x} {flags}, emulated {answers[i].Bits:x} "
                    + $"{(FloatFlags)answers[i].Flags}");
            }
        }
    }

    private static IEnumerable<FloatQuestion> Questions()
    {
        for (var i = 0; i < FloatOperations.All.Count; i++)
        {
            var operation = FloatOperations.All[i];
            foreach (var (a, b, c)
                in FloatOperands.Corners(operation).Take(20_000).Concat(FloatOperands.Random(operation, seed: 5, RandomCases)))
            {
                for (var mode = RoundingMode.NearestEven; mode <= RoundingMode.NearestMaxMagnitude; mode++)
                {
                    yield return new((ulong)i, a, b, c, (ulong)mode);
                }
            }
        }
    }
}
