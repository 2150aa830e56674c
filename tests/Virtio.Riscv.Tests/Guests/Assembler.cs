using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Virtio.Riscv.Tests.Guests;

/// <summary>
/// Makes a static RISC-V program from assembly with the distribution's cross compiler. Skips the test if it is not installed.
/// </summary>
internal static class Assembler
{
    private const string Compiler = "riscv64-linux-gnu-gcc";

    /// <summary>The linked program's file. The same source is assembled only once.</summary>
    public static string Assemble(string source, ulong textAddress)
    {
        string key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{textAddress}\n{source}")))[..24];
        string folder = Path.Combine(Path.GetTempPath(), "virtio-riscv-tests");
        Directory.CreateDirectory(folder);
        string program = Path.Combine(folder, key + ".elf");
        if (File.Exists(program))
            return program;
        string unique = Path.Combine(folder, $"{key}-{Guid.NewGuid():N}");
        File.WriteAllText(unique + ".S", source);
        Run(
            Compiler,
            "-nostdlib",
            "-static",
            "-fno-pie",
            "-no-pie",
            "-march=rv64gc",
            "-mabi=lp64d",
            "-Wl,--build-id=none",
            "-Wl,--no-relax",
            $"-Wl,-Ttext=0x{textAddress:x}",
            "-o",
            unique,
            unique + ".S");
        File.Move(unique, program, overwrite: true);
        File.Delete(unique + ".S");
        return program;
    }

    /// <summary>Runs a program of the host to its end and returns its output. Skips the test if it is not installed.</summary>
    public static byte[] Run(string program, params string[] arguments)
    {
        Assert.SkipUnless(IsInstalled(program), $"{program} is not installed.");
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using MemoryStream output = new();
        Task copy = process.StandardOutput.BaseStream.CopyToAsync(output);
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill();
            Assert.Fail($"{program} did not end within its time.");
        }

        copy.Wait();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {errors.Result}");
        return output.ToArray();
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));
}
