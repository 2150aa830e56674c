using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Virtio.Bench.Rings.Interop;

/// <summary>The C loop, compiled on demand: the cost of the same memory accesses without a queue that a device could use.</summary>
internal static partial class RingLoop
{
    private const string Name = "ring-loop";

    private static string File => Path.Combine(Repository.Root, "artifacts", "ring-loop.so");

    /// <summary>Compiles the loop; null, or the reason if that fails.</summary>
    internal static string? Compile()
    {
        string source = Path.Combine(Repository.Root, "bench", "Virtio.Bench", "Rings", "loop");
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        string[] arguments = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", File, .. Directory.GetFiles(source, "*.c")];
        try
        {
            using Process compiler = Process.Start(new ProcessStartInfo("gcc", arguments) { RedirectStandardError = true })!;
            string errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            if (compiler.ExitCode != 0)
                return $"gcc did not compile the C loop: {errors}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "there is no gcc to compile the C loop";
        }

        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => name == Name ? NativeLibrary.Load(File) : 0);
        return null;
    }

    [LibraryImport(Name, EntryPoint = "serve_packed")]
    internal static partial ulong ServePacked(ref LoopRing ring, uint batch);

    [LibraryImport(Name, EntryPoint = "serve_split")]
    internal static partial ulong ServeSplit(ref LoopRing ring, uint batch);
}
