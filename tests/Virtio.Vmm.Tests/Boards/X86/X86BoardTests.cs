using Virtio.Devices.Entropy;
using Virtio.Vmm.Tests.Machines;

namespace Virtio.Vmm.Tests.Boards.X86;

/// <summary>The board as kernels of a few instructions see it.</summary>
public sealed class X86BoardTests
{
    private const long Gigabyte = 1L << 30;

    [Fact]
    public async Task Ports_without_a_device_read_as_all_ones_in_every_width() => Assert.Equal(
        "ffffffff\n0000ffff\n000000ff\nffffffff\n",
        await X86Machine.RunAsync(X86Assembly.Assemble("""
            mov $0xcfc, %dx
            in %dx, %eax
            print
            xor %eax, %eax
            mov $0x80000000, %eax
            mov $0xcf8, %dx
            out %eax, %dx
            xor %eax, %eax
            in %dx, %ax
            print
            xor %eax, %eax
            in $0x80, %al
            print
            mov $0xffff, %dx
            in %dx, %eax
            print
            off
            """)));

    [Fact]
    public async Task A_wide_access_reaches_the_ports_beside_it() => Assert.Equal(
        "0000b060\nff000000\n00005a5a\n",
        await X86Machine.RunAsync(X86Assembly.Assemble("""
            xor %eax, %eax
            mov $0x3fd, %dx                 # line status, and modem status
            in %dx, %ax
            print
            mov $0x600, %dx                 # sleep control, sleep status, reset, nothing
            in %dx, %eax
            print
            mov $0x3fe, %dx                 # modem status, which ignores it, and scratch
            mov $0x5a00, %ax
            out %ax, %dx
            xor %eax, %eax
            inc %dx
            in %dx, %al
            mov %al, %ah
            print
            off
            """)));

    [Fact]
    public async Task String_instructions_reach_a_port_as_often_as_they_say() => Assert.Equal(
        "Strings, and more of them\n60606060\n",
        await X86Machine.RunAsync(X86Assembly.Assemble("""
            cld
            mov $text, %esi
            mov $text_end - text, %ecx
            mov $0x3f8, %dx
            rep outsb
            mov $stack, %edi
            mov $4, %ecx
            mov $0x3fd, %dx
            rep insb
            mov stack, %eax
            print
            off
            text: .ascii "Strings, and more of them\n"
            text_end:
            """)));

    [Fact]
    public async Task The_clock_tells_the_time_of_day()
    {
        var before = DateTime.UtcNow;
        var text = await X86Machine.RunAsync(X86Assembly.Assemble("""
            .irp register, 0x32, 9, 8, 7
            outb 0x70, \register
            in $0x71, %al
            shl $8, %esi
            movzx %al, %eax
            or %eax, %esi
            .endr
            mov %esi, %eax
            print
            off
            """));

        Assert.Contains(text, new[] { before, DateTime.UtcNow }.Select(day => $"{day:yyyyMMdd}\n"));
    }

    [Fact]
    public async Task The_keyboard_controller_is_ready_for_a_command_and_never_empty() => Assert.Equal(
        "00000001\n00000000\n00000001\n",
        await X86Machine.RunAsync(X86Assembly.Assemble("""
            xor %eax, %eax
            in $0x64, %al
            print
            xor %eax, %eax
            in $0x60, %al
            print
            xor %eax, %eax
            in $0x64, %al
            print
            off
            """)));

    [Fact]
    public async Task Memory_accesses_reach_devices_in_every_width_and_holes_read_as_all_ones() => Assert.Equal(
        "74726976\n00000004\n00000000\n00000000\nffffffff\nffffffff\n000000ff\nffffffff\nffffffff\n",
        await X86Machine.RunAsync(
            X86Assembly.AssembleUser("""
                mov $0xd0000000, %edi
                mov (%rdi), %eax
                print
                mov 8(%rdi), %eax           # the device's identifier
                print
                xor %eax, %eax
                mov (%rdi), %al             # registers are read whole
                print
                mov (%rdi), %rsi
                mov %esi, %eax
                print
                movq $0, 0x10000(%rdi)      # nothing there
                mov 0x10000(%rdi), %rsi
                mov %esi, %eax
                print
                shr $32, %rsi
                mov %esi, %eax
                print
                xor %eax, %eax
                mov 0x1000(%rdi), %al       # behind the last device
                print
                mov $0xfffffff0, %edi
                mov (%rdi), %eax
                print
                mov $0x1c0000000, %rdi      # behind the memory above 4 GiB
                mov (%rdi), %eax
                print
                off
                """),
            devices: new EntropyDevice()));

    [Fact]
    public async Task Memory_that_does_not_fit_below_the_hole_goes_on_above_4_GiB() => Assert.Equal(
        "cafef00d\n12345678\nffffffff\nffffffff\n",
        await X86Machine.RunAsync(
            X86Assembly.AssembleUser("""
                mov $0x100000000, %rdi
                mov $0x1affffff8, %rsi      # the last word of 6 GiB
                movq $0x12345678, (%rsi)
                mov $0xcafef00d, %eax
                mov %rax, (%rdi)
                mov $0xcffffff8, %ebp       # the last word below
                movq $0x77777777, (%rbp)
                mov (%rdi), %eax
                print
                mov (%rsi), %eax
                print
                mov 8(%rbp), %eax
                print
                mov 8(%rsi), %eax
                print
                off
                """),
            memorySize: 6 * Gigabyte));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(32)]
    public async Task Every_processor_starts_and_has_a_number_of_its_own(int count) => Assert.Equal(
        "started\n",
        await X86Machine.RunAsync(
            X86Assembly.Assemble($"""
                cld
                mov $other, %esi
                mov $0x8000, %edi
                mov $other_end - other, %ecx
                rep movsb
                movl $0xc4500, 0xfee00300   # INIT to all others
                movl $0xc4608, 0xfee00300   # start at 0x8000
                movb $1, 0x9000
                mov $0x9000, %esi
                1:
                cmpb $1, (%esi)
                jne 1b
                inc %esi
                cmp $0x9000 + {count}, %esi
                jne 1b
                mov $text, %esi
                mov $8, %ecx
                mov $0x3f8, %dx
                rep outsb
                off
                text: .ascii "started\n"

                .code16
                other:
                mov $1, %eax
                cpuid
                shr $24, %ebx
                movb $1, 0x9000(%bx)
                1:
                cli
                hlt
                jmp 1b
                other_end:
                .code32
                """),
            processorCount: count));

    [Fact]
    public async Task The_processor_says_that_it_is_KVMs() => Assert.Equal(
        "00000080\nKVMKVMKVM",
        await X86Machine.RunAsync(X86Assembly.Assemble("""
            mov $1, %eax
            cpuid
            mov %ecx, %eax
            shr $24, %eax
            and $0x80, %eax                 # a hypervisor is there
            print
            mov $0x40000000, %eax
            cpuid
            mov %ebx, stack
            mov %ecx, stack + 4
            mov %edx, stack + 8
            cld
            mov $stack, %esi
            mov $9, %ecx
            mov $0x3f8, %dx
            rep outsb
            off
            """)));

    [Fact]
    public async Task The_serial_port_interrupts_when_it_can_take_more() => Assert.Equal(
        "II",
        await X86Machine.RunAsync(X86Assembly.Assemble("""
            interrupts
            gate 0x24, serial
            outb 0x3f9, 2                   # an interrupt when the transmitter is empty
            1:
            sti
            hlt
            jmp 1b

            serial:
            mov $0x3fa, %dx                 # what it was
            in %dx, %al
            and $0xf, %al
            cmp $2, %al
            jne 2f
            outb 0x3f8, 'I'
            incb count
            cmpb $2, count
            je 3f
            2:
            outb 0x20, 0x20                 # end of interrupt
            add $12, %esp                   # some KVM cannot interpret an iret
            jmp 1b
            3:
            off
            count: .byte 0
            """)));
}
