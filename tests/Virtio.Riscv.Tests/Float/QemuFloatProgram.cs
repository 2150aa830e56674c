using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Virtio.Riscv.Float;

namespace Virtio.Riscv.Tests.Float;

/// <summary>An instruction and its operands.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FloatQuestion(ulong Operation, ulong A, ulong B, ulong C, ulong Mode);

/// <summary>The result of an emulated processor.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FloatAnswer(ulong Bits, ulong Flags);

/// <summary>
/// A RISC-V program that executes the instructions that it receives and sends back results and exceptions. The cross compiler makes it, and
/// QEMU runs it.
/// </summary>
internal static class QemuFloatProgram
{
    private const string Compiler = "riscv64-linux-gnu-gcc";
    private const string Emulator = "qemu-riscv64";
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    // The program needs no C library of the target, which the compiler's package only recommends.
    private const string Frame = """
        typedef unsigned long u64;
        typedef unsigned int u32;
        struct question { u64 operation, a, b, c, mode; };
        struct answer { u64 bits, flags; };
        static struct question questions[1024];
        static struct answer answers[1024];

        static long call(long number, long fd, void *memory, long size)
        {
            register long a0 asm("a0") = fd;
            register void *a1 asm("a1") = memory;
            register long a2 asm("a2") = size;
            register long a7 asm("a7") = number;
            asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
            return a0;
        }

        static double d(u64 bits) { double v; asm volatile("fmv.d.x %0, %1" : "=f"(v) : "r"(bits)); return v; }
        static float s(u64 bits) { float v; asm volatile("fmv.w.x %0, %1" : "=f"(v) : "r"(bits)); return v; }
        static u64 of_d(double v) { u64 bits; asm volatile("fmv.x.d %0, %1" : "=r"(bits) : "f"(v)); return bits; }
        static u64 of_s(float v) { u64 bits; asm volatile("fmv.x.w %0, %1" : "=r"(bits) : "f"(v)); return (u32)bits; }

        static u64 execute(u64 operation, u64 a, u64 b, u64 c)
        {
            double rd; float rs; u64 ri;
            switch (operation) {
        CASES
            }
            return 0;
        }

        static void answer(struct question *q, struct answer *r)
        {
            asm volatile("fsrm %0" : : "r"(q->mode));
            asm volatile("fsflags zero");
            r->bits = execute(q->operation, q->a, q->b, q->c);
            asm volatile("frflags %0" : "=r"(r->flags));
        }

        void _start(void)
        {
            for (;;) {
                long have = 0, done = 0, count;
                while (have < sizeof questions) {
                    long got = call(63, 0, (char *)questions + have, sizeof questions - have);
                    if (got <= 0)
                        break;
                    have += got;
                }
                count = have / sizeof *questions;
                for (long i = 0; i < count; i++)
                    answer(&questions[i], &answers[i]);
                while (done < count * sizeof *answers) {
                    long put = call(64, 1, (char *)answers + done, count * sizeof *answers - done);
                    if (put <= 0)
                        call(93, 1, 0, 0);
                    done += put;
                }
                if (have < sizeof questions)
                    call(93, 0, 0, 0);
            }
        }
        """;

    /// <summary>Answers all questions. Skips the test, naming what is missing, if the tools are not installed.</summary>
    public static FloatAnswer[] Ask(FloatQuestion[] questions)
    {
        var directory = Directory.CreateTempSubdirectory("float");
        try
        {
            var (source, program) = (Path.Combine(directory.FullName, "float.c"), Path.Combine(directory.FullName, "float"));
            File.WriteAllText(source, Frame.Replace("CASES", Cases(), StringComparison.Ordinal));
            Run(Compiler, ["-O1", "-nostdlib", "-static", "-ffreestanding", "-march=rv64gc", "-mabi=lp64d", "-o", program, source], []);
            return MemoryMarshal.Cast<byte, FloatAnswer>(Run(Emulator, [program], MemoryMarshal.AsBytes(questions.AsSpan()).ToArray()))
                .ToArray();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string Cases()
    {
        var cases = new StringBuilder();
        for (var i = 0; i < FloatOperations.All.Count; i++)
        {
            var operation = FloatOperations.All[i];
            var (inputs, wrap) = operation.Source switch
            {
                FloatRegister.Single => ("f", "s"),
                FloatRegister.Double => ("f", "d"),
                _ => ("r", ""),
            };
            var (output, variable, result) = operation.Result switch
            {
                FloatRegister.Single => ("f", "rs", "of_s(rs)"),
                FloatRegister.Double => ("f", "rd", "of_d(rd)"),
                _ => ("r", "ri", operation.IsNarrow ? "(u32)ri" : "ri"),
            };
            var places = string.Concat(Enumerable.Range(1, operation.Operands).Select(n => $", %{n}"));
            var operands = string.Join(", ", "abc"[..operation.Operands].Select(name => $"\"{inputs}\"({wrap}({name}))"));

            // If the mnemonic has no rounding mode, the instruction uses that of the mode register.
            cases.AppendLine(
                $"    case {i}: asm volatile(\"{operation.Mnemonic} %0{places}\" : \"={output}\"({variable}) : {operands}); "
                + $"return {result};");
        }

        return cases.ToString();
    }

    private static byte[] Run(string file, string[] arguments, byte[] input)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true },
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{file} is not installed.");
        }

        using var limit = new CancellationTokenSource(TimeLimit);
        using var registration = limit.Token.Register(() => process.Kill(entireProcessTree: true));
        var writer = Task.Run(() =>
        {
            using var stream = process.StandardInput.BaseStream;
            stream.Write(input);
        });
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        Assert.False(limit.IsCancellationRequested, $"{file} did not end in {TimeLimit}.");
        Assert.Equal(0, process.ExitCode);
        writer.GetAwaiter().GetResult();
        return output.ToArray();
    }
}
