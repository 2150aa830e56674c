using System.Diagnostics;

namespace Virtio.Vmm.Tests.Boards.X86;

/// <summary>Has the reference compiler of ACPI tables read the library's tables.</summary>
internal static class AcpiCompiler
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    /// <summary>Disassembles a table to source and asserts that iasl reported nothing. Skips the test if iasl is not installed.</summary>
    public static string Disassemble(byte[] table)
    {
        using var folder = new Folder();
        var path = Path.Combine(folder.Path, "table.aml");
        File.WriteAllBytes(path, table);
        var messages = Run("-d", path);
        Assert.DoesNotContain("error", messages, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("warning", messages, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("invalid", messages, StringComparison.OrdinalIgnoreCase);
        return File.ReadAllText(Path.ChangeExtension(path, ".dsl"));
    }

    /// <summary>Compiles a source and asserts that iasl reported no error or warning.</summary>
    public static byte[] Compile(string source)
    {
        using var folder = new Folder();
        var path = Path.Combine(folder.Path, "table.dsl");
        File.WriteAllText(path, source);
        var messages = Run("-oa", path);
        Assert.Contains("Compilation successful. 0 Errors, 0 Warnings", messages, StringComparison.Ordinal);
        return File.ReadAllBytes(Path.ChangeExtension(path, ".aml"));
    }

    private static string Run(string option, string path)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec iasl \"$0\" \"$1\" 2>&1", option, path]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeLimit))
        {
            process.Kill();
            Assert.Fail("iasl did not end in time");
        }

        Assert.SkipWhen(process.ExitCode == 127, "iasl is missing; it is in the package acpica-tools");
        return output.GetAwaiter().GetResult();
    }

    private sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("virtio-acpi-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
