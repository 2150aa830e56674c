using System.ComponentModel;
using System.Diagnostics;

namespace Virtio.Kvm.Tests.Testbed;

/// <summary>The system's C compiler.</summary>
internal static class Compiler
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Compiles a program and returns the lines that it prints. Skips the test if the compiler or the kernel's headers are missing.
    /// </summary>
    internal static string[] CompileAndRun(string source)
    {
        Assert.SkipUnless(File.Exists("/usr/include/linux/kvm.h"), "the system has no linux/kvm.h, as from the package linux-libc-dev");
        string folder = Directory.CreateTempSubdirectory("virtio-kvm-").FullName;
        try
        {
            string program = Path.Combine(folder, "program");
            File.WriteAllText(program + ".c", source);
            Run("gcc", "-Werror", "-o", program, program + ".c");
            return Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Runs a program to its end. Skips the test if the program is not installed.</summary>
    internal static string Run(string program, params string[] arguments)
    {
        using var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true } };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            Assert.Skip($"'{program}' cannot be run: the packages gcc and binutils have it");
        }

        using StreamReader reader = process.StandardOutput;
        string output = reader.ReadToEnd();
        Assert.True(process.WaitForExit(Limit), $"{program} does not end");
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} failed");
        return output;
    }
}
