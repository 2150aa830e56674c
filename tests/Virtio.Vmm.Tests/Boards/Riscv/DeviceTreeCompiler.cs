using System.Diagnostics;
using System.Text;

namespace Virtio.Vmm.Tests.Boards.Riscv;

/// <summary>Has the reference compiler of device trees read the library's device trees.</summary>
internal static class DeviceTreeCompiler
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    /// <summary>Decompiles a tree to source and asserts that dtc reported nothing. Skips the test if dtc is not installed.</summary>
    public static string Decompile(byte[] tree)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, tree);
            var (exitCode, source, messages) = Run("-I", "dtb", "-O", "dts", path);
            Assert.Equal((0, ""), (exitCode, messages));
            return source;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static (int ExitCode, string Output, string Messages) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dtc", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("dtc is missing; it is in the package device-tree-compiler");
            throw;
        }

        using (process)
        {
            var messages = new StringBuilder();
            process.ErrorDataReceived += (_, line) => messages.Append(line.Data);
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(TimeLimit))
            {
                process.Kill();
                Assert.Fail("dtc did not end in time");
            }

            process.WaitForExit();
            return (process.ExitCode, output.GetAwaiter().GetResult(), messages.ToString());
        }
    }
}
