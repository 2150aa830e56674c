using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Firmware;

/// <summary>The supervisor binary interface on one hart.</summary>
public sealed class SbiTests
{
    private const ulong NotSupported = unchecked((ulong)-2), InvalidParameter = unchecked((ulong)-3);
    private const ulong InvalidAddress = unchecked((ulong)-5), AlreadyAvailable = unchecked((ulong)-6);

    [Theory]
    [InlineData(0x10, 0, 0, 0UL, 0x0200_0000UL)]
    [InlineData(0x10, 3, 0x48534D, 0UL, 1UL)]
    [InlineData(0x10, 3, 0x4442434E, 0UL, 1UL)]
    [InlineData(0x10, 3, 0x504D55, 0UL, 0UL)]
    [InlineData(0x10, 9, 0, NotSupported, 0UL)]
    [InlineData(0x12345678, 0, 0, NotSupported, 0UL)]
    [InlineData(0x48534D, 2, 0, 0UL, 0UL)]
    [InlineData(0x48534D, 2, 1, InvalidParameter, 0UL)]
    [InlineData(0x48534D, 0, 1, InvalidParameter, 0UL)]
    [InlineData(0x48534D, 9, 0, NotSupported, 0UL)]
    [InlineData(0x54494D45, 1, 0, NotSupported, 0UL)]
    [InlineData(0x735049, 1, 0, NotSupported, 0UL)]
    [InlineData(0x52464E43, 3, 0, NotSupported, 0UL)]
    [InlineData(0x53525354, 1, 0, NotSupported, 0UL)]
    [InlineData(0x53525354, 0, 7, InvalidParameter, 0UL)]
    public void A_call_answers_with_an_error_and_a_value(int extension, int function, int argument, ulong error, ulong value)
    {
        using Guest guest = Calling($"li a7, {extension}; li a6, {function}; li a0, {argument}; li a1, 0");
        Assert.Equal((error, value), (guest["s1"], guest["s2"]));
    }

    [Fact]
    public void Starting_a_running_hart_or_a_bad_address_is_refused()
    {
        using Guest running = Calling("li a7, 0x48534D; li a6, 0; li a0, 0; la a1, _start; li a2, 0");
        Assert.Equal(AlreadyAvailable, running["s1"]);
        using Guest nowhere = Calling("li a7, 0x48534D; li a6, 0; li a0, 0; li a1, 0x1000; li a2, 0");
        Assert.Equal(InvalidAddress, nowhere["s1"]);
    }

    [Fact]
    public void The_debug_console_writes_memory_and_bytes()
    {
        using Guest guest = Calling("""
            li a7, 0x4442434E; li a6, 2; li a0, 'H'; ecall
            li a7, 1; li a0, 'e'; ecall
            li a7, 0x4442434E; li a6, 0; li a0, 3; la a1, text; li a2, 0
            """, "text: .ascii \"llo world\"");
        Assert.Equal("Hello", guest.Console);
        Assert.Equal((0UL, 3UL), (guest["s1"], guest["s2"]));
    }

    [Theory]
    [InlineData("li a1, 0x10000000; li a2, 0")]
    [InlineData("la a1, _start; li a2, 1")]
    [InlineData("li a1, 0x80FFFFFF; li a2, 0")]
    [InlineData("li a1, -1; li a2, 0")]
    public void The_debug_console_refuses_what_is_not_memory(string address)
    {
        using Guest guest = Calling($"li a7, 0x4442434E; li a6, 0; li a0, 16; {address}");
        Assert.Equal(InvalidParameter, guest["s1"]);
        Assert.Equal("", guest.Console);
    }

    [Theory]
    [InlineData("li a0, 1; li a1, 0", 0UL, true)]
    [InlineData("li a0, 0; li a1, -1", 0UL, true)]
    [InlineData("li a0, 0; li a1, 0", 0UL, false)]
    [InlineData("li a0, 2; li a1, 0", InvalidParameter, false)]
    [InlineData("li a0, 1; li a1, 9", InvalidParameter, false)]
    public void An_interrupt_goes_to_the_harts_of_the_mask(string mask, ulong error, bool pending)
    {
        using Guest guest = Calling($"li a7, 0x735049; li a6, 0; {mask}", "", "csrr s3, sip");
        Assert.Equal(error, guest["s1"]);
        Assert.Equal(pending ? 2UL : 0, guest["s3"]);
    }

    [Theory]
    [InlineData("li a7, 0x53525354; li a6, 0; li a0, 0; li a1, 0", RiscvStopReason.Shutdown)]
    [InlineData("li a7, 0x53525354; li a6, 0; li a0, 1; li a1, 0", RiscvStopReason.Reboot)]
    [InlineData("li a7, 0x53525354; li a6, 0; li a0, 2; li a1, 0", RiscvStopReason.Reboot)]
    [InlineData("li a7, 0x53525354; li a6, 0; li a0, 1; li a1, 1", RiscvStopReason.SystemFailure)]
    [InlineData("li a7, 8", RiscvStopReason.Shutdown)]
    public void A_reset_ends_the_machine_and_says_why(string call, RiscvStopReason reason)
    {
        using Guest guest = new($"_start: {call}; ecall; 1: j 1b");
        Assert.Equal(reason, guest.RunOnThreads());
    }

    private static Guest Calling(string call, string data = "", string after = "")
    {
        Guest guest = new($"""
            _start:
                {call.Replace(";", "\n", StringComparison.Ordinal)}
                ecall
                mv s1, a0
                mv s2, a1
                {after}
                finish
            {data}
            """);
        return guest.Run();
    }
}
