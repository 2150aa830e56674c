using System.Diagnostics;
using System.IO.Pipelines;
using Virtio.Devices.Block;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Storage;
using Virtio.Vmm.Tests.Machines;

namespace Virtio.Vmm.Tests.Boards.X86;

/// <summary>
/// A kernel on two processors that sweeps every port and the registers of every device, in all widths and with random values. Runs while no
/// other test runs, because it measures the memory of the process.
/// </summary>
[Collection(nameof(X86HostileKernelTests))]
[CollectionDefinition(nameof(X86HostileKernelTests), DisableParallelization = true)]
public sealed class X86HostileKernelTests
{
    private const long MostGrowth = 192L << 20; // 64 MiB of which the guest may have touched

    // Leaves out the writes that switch the machine off or reset it. r8 is random, r9 is the next port, and r10 selects the operation.
    private const string Sweep = """
            jmp 1f
            .code32
            # The second processor comes from real mode and goes the first one's way, with another stack and seed.
        other:
            mov $0x18, %eax
            mov %eax, %ds
            mov %eax, %es
            mov %eax, %ss
            mov $stack + 8192, %esp
            jmp long_mode
            .code64
        1:  mov $0x9e3779b97f4a7c15, %r8
            imul %rsp, %r8
            xor %r9d, %r9d
            outb 0x3f8, 's'

        next:
            mov %r8, %rax                   # xorshift
            shl $13, %rax
            xor %rax, %r8
            mov %r8, %rax
            shr $7, %rax
            xor %rax, %r8
            mov %r8, %rax
            shl $17, %rax
            xor %rax, %r8
            mov %r8, %r10
            shr $40, %r10
            mov %r8d, %eax                  # the value
            test $1, %r10d
            jz memory

            inc %r9d
            movzwl %r9w, %edx
            shr $1, %r10d
            mov %r10d, %ecx
            and $7, %ecx
            cmp $3, %ecx
            jae writes
            test %ecx, %ecx
            jz 1f
            cmp $1, %ecx
            je 2f
            in %dx, %eax
            jmp next
        1:  in %dx, %al
            jmp next
        2:  in %dx, %ax
            jmp next
        writes:
            lea -0x5fd(%rdx), %esi          # sleep control to reset
            cmp $5, %esi
            jbe next
            lea -0x61(%rdx), %esi           # the keyboard controller's command
            cmp $3, %esi
            jbe next
            cmp $4, %ecx
            je 2f
            cmp $5, %ecx
            je 4f
            cmp $6, %ecx
            je strings
            out %al, %dx
            jmp next
        2:  out %ax, %dx
            jmp next
        4:  out %eax, %dx
            jmp next
        strings:
            mov $level2, %esi               # harmless bytes
            mov $100, %ecx
            rep outsb
            mov $sink, %edi
            mov $100, %ecx
            rep insl
            jmp next

        memory:
            mov %r10d, %ecx
            shr $1, %ecx
            and $3, %ecx
            mov regions(, %rcx, 8), %edi
            mov regions + 4(, %rcx, 8), %esi
            mov %r8, %rdx
            shr $20, %rdx
            and %esi, %edx
            add %edx, %edi
            shr $3, %r10d
            test %ecx, %ecx
            jnz 1f
            mov %r10d, %eax                 # a register as drivers use it, with a small value
            shr $8, %eax
            and $15, %eax
            mov $2, %r10d
            jmp 2f
        1:  and $7, %r10d
        2:  lea (, %r10, 8), %ecx
            lea accesses(%rcx), %ecx
            jmp *%rcx
            .balign 8
        accesses:
            mov %al, (%rdi)
            jmp next
            .balign 8
            mov %ax, (%rdi)
            jmp next
            .balign 8
            mov %eax, (%rdi)
            jmp next
            .balign 8
            mov %r8, (%rdi)
            jmp next
            .balign 8
            mov (%rdi), %al
            jmp next
            .balign 8
            mov (%rdi), %ax
            jmp next
            .balign 8
            mov (%rdi), %eax
            jmp next
            .balign 8
            mov (%rdi), %r11
            jmp next

            .data
            .balign 8
        regions:
            .long 0xd0000000, 0x30fc        # registers of four devices
            .long 0xd0000000, 0x3fff        # the same and their configuration, aligned or not
            .long 0xd0000000, 0x1ffff       # and beyond
            .long 0xf0000000, 0x7ffffff     # nothing
            .bss
        sink: .skip 400
        """;

    // Starts the second processor, then continues on the first.
    private const string Start = """
            cld
            mov $trampoline, %esi
            mov $0x8000, %edi
            mov $trampoline_end - trampoline, %ecx
            rep movsb
            movl $0xc4500, 0xfee00300
            movl $0xc4608, 0xfee00300
            jmp first
            .code16
        trampoline:
            cli
            xor %ax, %ax
            mov %ax, %ds
            lgdtl 0x8000 + trampoline_gdt - trampoline
            mov %cr0, %eax
            or $1, %al
            mov %eax, %cr0
            ljmpl $0x10, $other
        trampoline_gdt:
            .word gdt_pointer - gdt - 1
            .long gdt
        trampoline_end:
            .code32
        first:

        """;

    [Fact]
    public async Task Sweeping_all_ports_and_registers_does_no_harm()
    {
        var kernel = X86Assembly.AssembleUser(Sweep, Start);
        var log = new LogCounter();
        var duration = Environment.GetEnvironmentVariable("VIRTIO_TEST_ALL") == "1" ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(3);
        var before = Environment.WorkingSet;
        var sweeps = new List<(int AtWork, long MostMemory)>();
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < duration;)
        {
            // The kernel may destroy itself, because a device writes to the address that it is given. So start it again.
            sweeps.Add(await SweepAsync(kernel, duration - watch.Elapsed, log));
        }

        Assert.Contains(sweeps, sweep => sweep.AtWork >= 2);
        Assert.InRange(log.Count, 0, 40 * sweeps.Count); // start and end of the machine, and 10 lines for each device
        Assert.InRange(sweeps.Max(sweep => sweep.MostMemory) - before, long.MinValue, MostGrowth);
        Assert.Equal(
            "next",
            await X86Machine.RunAsync(X86Assembly.Assemble("outb 0x3f8, 'n'; outb 0x3f8, 'e'; outb 0x3f8, 'x'; outb 0x3f8, 't'; off")));
    }

    /// <summary>Runs the kernel for a time. Returns the number of processors that ran, and the most memory that the process had.</summary>
    private static async Task<(int AtWork, long MostMemory)> SweepAsync(byte[] kernel, TimeSpan duration, LogCounter log)
    {
        X86Machine.RequireKvm();
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Machine = MicroVmMachine.Kvm,
            Kernel = kernel,
            MemorySize = MicroVmOptions.MinMemorySize,
            ProcessorCount = 2,
            Devices =
            [
                new ConsoleDevice(new ConsoleDeviceOptions { Input = new Pipe().Reader.AsStream(), Output = Stream.Null }),
                new BlockDevice(new MemoryStorage(1 << 20)),
                new EntropyDevice(),
                new BlockDevice(new MemoryStorage(1 << 20, readOnly: true)),
            ],
            SerialInput = new Pipe().Reader.AsStream(),
            SerialOutput = Stream.Null,
            Logger = log,
        });
        using var limit = new CancellationTokenSource(duration);
        var end = vm.WaitForExitAsync(limit.Token);
        long most = 0;
        while (await Task.WhenAny(end, Task.Delay(100)) != end)
            most = Math.Max(most, Environment.WorkingSet);

        var exit = await end;
        Assert.True(exit.Reason is MicroVmExitReason.Cancelled or MicroVmExitReason.Panic, exit.ToString());
        return (vm.SerialLog.Count(c => c == 's'), most);
    }
}
