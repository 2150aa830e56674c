using Virtio.Devices;
using Virtio.Devices.Entropy;
using Virtio.Vmm.Tests.Machines;

namespace Virtio.Vmm.Tests.Boards.X86;

/// <summary>virtio devices on the board, driven by kernels of a few instructions.</summary>
public sealed class X86DeviceTests
{
    private const int Exchanges = 20_000;

    // Starts the device at edi with a packed ring of 8 descriptors at 2 MiB, offers it 16 bytes, and kicks.
    private const string Driver = """
            .macro register offset, value
            movl $\value, \offset(%edi)
            .endm

            .macro set_up
            register 0x70, 0
            register 0x70, 1
            register 0x70, 3
            register 0x24, 1                # VERSION_1, RING_PACKED
            register 0x20, 5
            register 0x24, 0
            register 0x20, 0x20000000       # EVENT_IDX
            register 0x70, 11
            register 0x30, 0
            register 0x38, 8
            register 0x80, 0x200000
            register 0x84, 0
            register 0x90, 0x201000
            register 0x94, 0
            register 0xa0, 0x202000
            register 0xa4, 0
            register 0x44, 1
            register 0x70, 15
            .endm

            .macro exchange
            set_up
            movl $0x203000, 0x200000
            movl $0, 0x200004
            movl $16, 0x200008
            movl $0x820000, 0x20000c        # available, for the device to write
            register 0x50, 0
            .endm

        """;

    [Fact]
    public async Task A_kick_reaches_a_device_and_its_interrupt_comes_back() => Assert.Equal(
        "00000001\n00000010\n80820000\n",
        await X86Machine.RunAsync(
            X86Assembly.Assemble(Driver + """
                interrupts
                gate 0x25, device
                mov $0xd0000000, %edi
                exchange
                1:
                sti
                hlt
                jmp 1b
                device:
                mov 0x60(%edi), %eax        # a buffer was used
                print
                register 0x64, 1
                mov 0x200008, %eax          # 16 bytes of it
                print
                mov 0x20000c, %eax
                print
                off
                """),
            devices: new EntropyDevice()));

    // A driver that kicks only when the device asks for it. It pauses for up to some 100 microseconds before each request, so that the
    // worker is polling at some requests, falling asleep at others, and asleep at others.
    [Fact]
    public async Task No_kick_and_no_request_for_kicks_is_lost() => Assert.Equal(
        "ok",
        await X86Machine.RunAsync(
            X86Assembly.AssembleUser(
                $"""
                mov ${Exchanges}, %ebp
                xor %r12d, %r12d            # next descriptor
                mov $0x00820000, %r13d      # how one is available in this round of the ring
                mov $0x80800000, %r14d      # and used
                mov $12345, %r8
                mov $0xd0000000, %edi
                again:
                imul $1103515245, %r8, %r8
                add $12345, %r8
                mov %r8, %rcx
                shr $16, %rcx
                and $0x3ff, %ecx
                inc %ecx
                1:
                pause
                dec %ecx
                jnz 1b
                mov %r12, %rbx
                shl $4, %rbx
                movq $0x203000, 0x200000(%rbx)
                movl $16, 0x200008(%rbx)
                mov %r13d, 0x20000c(%rbx)
                mfence
                mov 0x202000, %eax          # event suppression of the device
                mov %eax, %edx
                shr $16, %edx
                cmp $1, %dx                 # kicks are not wanted
                je 2f
                cmp $2, %dx                 # only for one descriptor
                jne 4f
                mov %eax, %edx
                and $0x7fff, %edx
                cmp %r12d, %edx
                jne 2f
                shr $15, %eax
                and $1, %eax
                mov %r13d, %edx             # this round of the ring
                shr $23, %edx
                and $1, %edx
                cmp %eax, %edx
                jne 2f
                4:
                movl $0, 0x50(%rdi)
                2:
                mov 0x20000c(%rbx), %eax
                and $0x80800000, %eax
                cmp %r14d, %eax
                jne 2b
                inc %r12d
                cmp $8, %r12d
                jne 3f
                xor %r12d, %r12d
                xor $0x80800000, %r13d
                xor $0x80800000, %r14d
                3:
                dec %ebp
                jnz again
                outb 0x3f8, 'o'
                outb 0x3f8, 'k'
                off
                """,
                before: Driver + """
                mov $0xd0000000, %edi
                set_up

                """),
            devices: new EntropyDevice()));

    [Theory]
    [InlineData(0)]
    [InlineData(18)]
    [InlineData(31)]
    public async Task Kicks_reach_each_device_and_go_on_doing_so_after_resets(int device) => Assert.Equal(
        "ok",
        await X86Machine.RunAsync(
            X86Assembly.Assemble(Driver + $"""
                mov $0xd0000000 + 0x1000 * {device}, %edi
                mov $20, %ebp
                again:
                exchange
                1:
                testb $0x80, 0x20000f       # used
                jz 1b
                dec %ebp
                jnz again
                outb 0x3f8, 'o'
                outb 0x3f8, 'k'
                off
                """),
            devices: [.. Enumerable.Range(0, MicroVmOptions.MaxDeviceCount).Select(_ => (IVirtioDevice)new EntropyDevice())]));
}
