using System.Diagnostics;
using Virtio.Vmm.Tests.Machines;

namespace Virtio.Vmm.Tests.Boards.X86;

/// <summary>The ways in which a guest on the board can end, also from outside.</summary>
public sealed class X86EndTests
{
    private const string SharesClock = "mov $0x4b564d01, %ecx; xor %edx, %edx; mov $stack + 1, %eax; wrmsr";
    private const string TakesClockBack = "mov $0x4b564d00, %ecx; xor %edx, %edx; mov $stack, %eax; wrmsr; inc %ecx; xor %eax, %eax; wrmsr";
    private const string PrintsPanic =
        "cld; mov $text, %esi; mov $text_end - text, %ecx; mov $0x3f8, %dx; rep outsb; jmp 1f; "
        + "text: .ascii \"Kernel panic - not syncing: test\\n\"; text_end: ; 1:";
    private const string PrintsEndOfPanic =
        "cld; mov $text, %esi; mov $text_end - text, %ecx; mov $0x3f8, %dx; rep outsb; jmp 1f; "
        + "text: .ascii \"Kernel panic - not syncing: early\\n---[ end Kernel panic - not syncing: early ]---\\n\"; text_end: ; 1:";
    private const string Reset = "outb 0x602, 1; hlt";

    private static readonly MicroVmExit PowerOff = new(MicroVmExitReason.PowerOff);
    private static readonly MicroVmExit Reboot = new(MicroVmExitReason.Reboot);
    private static readonly MicroVmExit Panic = new(MicroVmExitReason.Panic);

    [Theory]
    [InlineData("outb 0x600, 0x34")]
    [InlineData("outb 0x600, 0xf7")] // the other bits mean nothing
    [InlineData("mov $0x5fe, %edx; mov $0x340000, %eax; out %eax, %dx")]
    public async Task It_is_switched_off(string code) =>
        Assert.Equal(PowerOff, await X86Machine.EndAsync(X86Assembly.Assemble(code + "; hlt")));

    [Theory]
    [InlineData("outb 0x602, 1")]
    [InlineData("mov $0x601, %edx; mov $0x100, %eax; out %ax, %dx")]
    [InlineData("movl $0x010000, stack; mov $stack, %esi; mov $3, %ecx; mov $0x602, %edx; cld; rep outsb")]
    [InlineData("outb 0x64, 0xfe")]
    public async Task It_is_reset(string code) => Assert.Equal(Reboot, await X86Machine.EndAsync(X86Assembly.Assemble(code + "; hlt")));

    [Fact]
    public async Task It_is_reset_by_a_processor_that_goes_where_a_firmware_would_be()
    {
        await using var vm = await X86Machine.StartAsync(
            X86Assembly.Assemble("""
                movl $0xff0000ea, 0x8000        # jmp $0xffff, $0, in real mode
                movb $0xff, 0x8004
                movl $0xc4500, 0xfee00300       # INIT to all others
                movl $0xc4608, 0xfee00300       # start at 0x8000
                1:
                hlt
                jmp 1b
                """),
            processorCount: 2);

        Assert.Equal(Reboot, await vm.WaitForExitAsync().WaitAsync(X86Machine.TimeLimit));
    }

    [Fact]
    public async Task Other_values_do_not_end_it() => Assert.Equal(
        "00000000\n",
        await X86Machine.RunAsync(X86Assembly.Assemble("""
            outb 0x602, 2
            outb 0x600, 0x30
            outb 0x600, 0x14
            outb 0x601, 0x34
            outb 0x64, 0xff
            outb 0x60, 0xfe
            xor %eax, %eax
            print
            off
            """)));

    [Fact]
    public async Task A_reset_with_interrupts_off_and_the_clock_still_shared_is_a_panic() =>
        Assert.Equal(Panic, await X86Machine.EndAsync(X86Assembly.Assemble($"{SharesClock}; {Reset}")));

    [Fact]
    public async Task A_reset_with_interrupts_on_is_a_reboot_whatever_was_printed() =>
        Assert.Equal(Reboot, await X86Machine.EndAsync(X86Assembly.Assemble($"{PrintsPanic}; {SharesClock}; sti; {Reset}")));

    [Fact]
    public async Task A_reset_after_the_clock_was_taken_back_is_a_reboot_whatever_was_printed() =>
        Assert.Equal(Reboot, await X86Machine.EndAsync(X86Assembly.Assemble($"{PrintsPanic}; {SharesClock}; {TakesClockBack}; {Reset}")));

    [Fact]
    public async Task A_reset_of_a_kernel_that_knows_nothing_of_KVM_is_a_panic_if_it_printed_one() => Assert.Equal(
        new MicroVmExit(MicroVmExitReason.Panic, "Kernel panic - not syncing: test"),
        await X86Machine.EndAsync(X86Assembly.Assemble($"{PrintsPanic}; {Reset}")));

    [Fact]
    public async Task A_kernel_that_panics_before_it_has_read_what_to_do_then_ends_with_its_words() => Assert.Equal(
        new MicroVmExit(MicroVmExitReason.Panic, "Kernel panic - not syncing: early"),
        await X86Machine.EndAsync(X86Assembly.Assemble($"{PrintsEndOfPanic}; 2: pause; jmp 2b")));

    [Fact]
    public async Task The_words_of_a_panic_do_not_end_a_machine_whose_serial_port_has_a_driver() =>
        Assert.Equal(PowerOff, await X86Machine.EndAsync(X86Assembly.Assemble($"outb 0x3f9, 1; outb 0x3f9, 0; {PrintsEndOfPanic}; off")));

    [Theory]
    [InlineData("kernel_end: ud2", "triple fault")]
    [InlineData("mov $0xd8000000, %eax; jmp *%eax", "RIP 0xd8000000")] // executes outside memory
    [InlineData( // interrupt table outside memory
        "mov $0xd8000000, %esp; push %eax; lidt text; ud2; text: .word 0xff; .long 0xd8000000", "processor 0")]
    public async Task What_a_guest_cannot_survive_is_its_own_crash(string code, string detail)
    {
        var exit = await X86Machine.EndAsync(X86Assembly.Assemble(code));

        Assert.Equal(MicroVmExitReason.Panic, exit.Reason);
        Assert.Contains(detail, exit.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("outb 0x3f8, 'R'; 1: ; jmp 1b", false, 1)]
    [InlineData("outb 0x3f8, 'R'; 1: ; jmp 1b", true, 1)]
    [InlineData("outb 0x3f8, 'R'; 1: ; jmp 1b", true, 4)]
    [InlineData("outb 0x3f8, 'R'; 1: ; sti; hlt; jmp 1b", false, 1)]
    [InlineData("outb 0x3f8, 'R'; 1: ; cli; hlt; jmp 1b", false, 4)]
    [InlineData("outb 0x3f8, 'R'; mov $0xd0000000, %edi; 1: ; mov (%edi), %eax; jmp 1b", false, 1)]
    public async Task Cancelling_stops_it_within_a_second(string code, bool isUser, int processorCount)
    {
        await using var vm = await X86Machine.StartAsync(
            isUser ? X86Assembly.AssembleUser(code) : X86Assembly.Assemble(code), processorCount);
        using var cancellation = new CancellationTokenSource();
        var exit = vm.WaitForExitAsync(cancellation.Token);
        Assert.True(SpinWait.SpinUntil(() => vm.SerialLog == "R", X86Machine.TimeLimit));
        Assert.False(exit.IsCompleted);

        var watch = Stopwatch.StartNew();
        await cancellation.CancelAsync();
        Assert.Equal(new MicroVmExit(MicroVmExitReason.Cancelled), await exit.WaitAsync(X86Machine.TimeLimit));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }
}
