using System.ComponentModel;
using System.Diagnostics;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>Makes kernels from assembly text with the C compiler: ELF files with a PVH note, at 1 MiB.</summary>
internal static class X86Assembly
{
    // XEN_ELFNOTE_PHYS32_ENTRY: the kernel's entry point, in 32-bit protected mode without paging. Selector 0x10 is then 32-bit code.
    private const string Frame = """
            .section .note.pvh, "a", @note
            .align 4
            .long 4, 4, 18
            .asciz "Xen"
            .long start
            .text
            .code32
            .globl start

            .macro outb port, value         # one byte to a port
            mov $\port, %edx
            mov $\value, %al
            out %al, %dx
            .endm

            .macro off                      # switches the machine off
            outb 0x600, 0x34
            hlt
            .endm

            .macro print                    # eax as eight digits and a line's end, to the serial port; takes ebx, ecx, edx
            mov %eax, %ebx
            mov $8, %ecx
            mov $0x3f8, %edx
        1:  rol $4, %ebx
            mov %bl, %al
            and $15, %al
            add $'0', %al
            cmp $'9', %al
            jbe 2f
            add $'a' - '9' - 1, %al
        2:  out %al, %dx
            dec %ecx
            jnz 1b
            mov $'\n', %al
            out %al, %dx
            .endm

            .macro gate vector, handler     # an interrupt gate in the table at idt, whose handler is 32-bit code
            mov $\handler, %eax
            mov %ax, idt + 8 * \vector
            movw $0x10, idt + 8 * \vector + 2
            movw $0x8e00, idt + 8 * \vector + 4
            shr $16, %eax
            mov %ax, idt + 8 * \vector + 6
            .endm

            .macro interrupts               # IRQ 0 to 15 as vectors 32 to 47, by the 8259; the table at idt
            outb 0x20, 0x11
            outb 0xa0, 0x11
            outb 0x21, 0x20
            outb 0xa1, 0x28
            outb 0x21, 4
            outb 0xa1, 2
            outb 0x21, 1
            outb 0xa1, 1
            outb 0x21, 0
            outb 0xa1, 0
            lidt idt_pointer
            .endm

            .bss
            .balign 4096
        stack:
            .skip 32 * 4096                 # a page for each processor
        idt:
            .skip 48 * 8
            .data
        idt_pointer:
            .word 48 * 8 - 1
            .long idt
            .text
        start:
            mov $stack + 4096, %esp

        """;

    // Continues in long mode at privilege level 3, where code runs natively also on a KVM that interprets privileged code. An empty
    // permission map in the task state opens all ports, because such a KVM ignores the privilege level for ports. There are no interrupts
    // and no handlers: an exception is a triple fault. The first 8 GiB are mapped to themselves.
    private const string User = """
            jmp long_mode

            .data
            .balign 4096
        level4:
            .quad level3 + 7
            .skip 4088
        level3:
            .set i, 0
            .rept 8
            .quad level2 + 4096 * i + 7
            .set i, i + 1
            .endr
            .skip 4096 - 8 * 8
        level2:
            .set i, 0
            .rept 4096
            .quad 0x200000 * i + 0x87
            .set i, i + 1
            .endr
        gdt:
            .quad 0, 0x00209b0000000000, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x0000f30000000000, 0x0020fb0000000000
        task_descriptor:
            .quad 0x0000890000000000 + task_end - task - 1, 0
        gdt_pointer:
            .word gdt_pointer - gdt - 1
            .long gdt
        task:
            .skip 102
            .word 104
            .skip 8192
            .byte 0xff
        task_end:

            .text
        long_mode:
            mov $task, %eax
            mov %ax, task_descriptor + 2
            shr $16, %eax
            mov %al, task_descriptor + 4
            mov %ah, task_descriptor + 7
            movb $0x89, task_descriptor + 5 # clears the busy bit that another processor's ltr set
            lgdt gdt_pointer
            mov $level4, %eax
            mov %eax, %cr3
            mov $0x620, %eax                # PAE, SSE
            mov %eax, %cr4
            mov $0xc0000080, %ecx
            rdmsr
            or $0x100, %eax                 # long mode
            wrmsr
            mov $0x80000011, %eax           # paging
            mov %eax, %cr0
            ljmp $0x08, $1f
            .code64
        1:  mov $0x30, %eax
            ltr %ax
            mov %rsp, %rax
            push $0x23
            push %rax
            push $2
            push $0x2b
            push $user
            iretq
        user:

        """;

    /// <summary>Assembles a kernel. Skips the test if there is no C compiler.</summary>
    /// <param name="source">The text, which begins with the first instruction, in GNU syntax, 32-bit mode and at privilege level 0.</param>
    public static byte[] Assemble(string source) => Compile(Frame + source);

    /// <summary>Assembles text that runs in 64-bit mode and at privilege level 3.</summary>
    /// <param name="source">The text.</param>
    /// <param name="before">Text that runs before it, in 32-bit mode and at privilege level 0.</param>
    public static byte[] AssembleUser(string source, string before = "") => Compile(Frame + before + User + source);

    private static byte[] Compile(string source)
    {
        var folder = Directory.CreateTempSubdirectory("virtio-kernel-").FullName;
        try
        {
            var text = Path.Combine(folder, "kernel.S");
            var kernel = Path.Combine(folder, "kernel");
            File.WriteAllText(text, source + "\n");
            Run("gcc", "-nostdlib", "-static", "-no-pie", "-Wl,-Ttext=0x100000", "-Wl,--build-id=none", "-Wl,-N", "-o", kernel, text);
            return File.ReadAllBytes(kernel);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        Process? process = null;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true });
        }
        catch (Win32Exception)
        {
            Assert.Skip($"'{program}' cannot be run: an assembler is needed, as from the package gcc");
        }

        using (process)
        {
            using var output = process!.StandardError; // otherwise only the garbage collector would close it
            var errors = output.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors);
        }
    }
}
