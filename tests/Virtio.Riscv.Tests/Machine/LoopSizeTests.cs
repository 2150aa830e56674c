using System.Reflection;

namespace Virtio.Riscv.Tests.Machine;

/// <summary>The interpreter's loop must stay small enough for the JIT to optimise.</summary>
public sealed class LoopSizeTests
{
    // RyuJIT stops optimising a method of more than this many bytes of IL.
    private const int Limit = 60_000;

    [Fact]
    public void The_loop_is_well_below_the_size_at_which_the_compiler_gives_up()
    {
        MethodBody? body = typeof(RiscvHart).GetMethod("Execute", BindingFlags.NonPublic | BindingFlags.Instance)?.GetMethodBody();
        Assert.NotNull(body);
        byte[]? code = body.GetILAsByteArray();
        Assert.NotNull(code);
        Assert.InRange(code.Length, 1, Limit / 2);
        TestContext.Current.TestOutputHelper?.WriteLine($"{code.Length} bytes of IL");
    }
}
