using System.Collections.Concurrent;
using System.Globalization;

namespace Virtio.Kvm.Tests.Testbed;

/// <summary>Makes guest code from x86-64 assembly in the processor manuals' notation, with the system's assembler and linker.</summary>
internal static class Assembler
{
    private static readonly ConcurrentDictionary<(string Source, ulong Address), byte[]> Done = new();

    /// <summary>Assembles. Skips the test if there is no assembler.</summary>
    /// <param name="source">The code.</param>
    /// <param name="address">Guest-physical address of its first byte.</param>
    internal static byte[] Assemble(string source, ulong address) => Done.GetOrAdd((source, address), static key => Assemble(key));

    private static byte[] Assemble((string Source, ulong Address) key)
    {
        string folder = Directory.CreateTempSubdirectory("virtio-kvm-").FullName;
        try
        {
            string name = Path.Combine(folder, "guest");
            File.WriteAllText(name + ".s", ".intel_syntax noprefix\n" + key.Source + "\n");
            Compiler.Run("as", "--64", "-o", name + ".o", name + ".s");
            Compiler.Run(
                "ld",
                "-Ttext=0x" + key.Address.ToString("x", CultureInfo.InvariantCulture),
                "-e",
                key.Address.ToString(CultureInfo.InvariantCulture),
                "--oformat",
                "binary",
                "-o",
                name,
                name + ".o");
            return File.ReadAllBytes(name);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
