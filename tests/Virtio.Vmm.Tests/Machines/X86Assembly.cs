using System.ComponentModel;
using System.Diagnostics;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>Makes kernels of assembly text with the C compiler: ELF files with a PVH note, at 1 MiB.</summary>
internal static class X86Assembly
{
    // XEN_ELFNOTE_PHYS32_ENTRY: where a kernel begins, in 32-bit protected mode without paging.
    private const string Frame = """
            .section .note.pvh, "a", @note
            .align 4
            .long 4, 4, 18
            .asciz "Xen"
            .long start
            .text
            .code32
            .globl start
        start:

        """;

    /// <summary>Assembles a kernel; skips the test where there is no C compiler.</summary>
    /// <param name="source">Its text, which begins with the first instruction, in GNU syntax and in 32-bit mode.</param>
    public static byte[] Assemble(string source)
    {
        var folder = Directory.CreateTempSubdirectory("virtio-kernel-").FullName;
        try
        {
            var text = Path.Combine(folder, "kernel.S");
            var kernel = Path.Combine(folder, "kernel");
            File.WriteAllText(text, Frame + source + "\n");
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
            var errors = process!.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors);
        }
    }
}
