using System.Diagnostics;
using System.Text;

namespace Virtio.Vmm.Tests.Boards.Riscv;

/// <summary>Asks the reference compiler of device trees to read one of ours back.</summary>
internal static class DeviceTreeCompiler
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    /// <summary>The source it makes of a tree, after asserting that it had nothing to say about it. Skips the test where there is no dtc.</summary>
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
