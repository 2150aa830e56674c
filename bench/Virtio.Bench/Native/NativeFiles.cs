using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Virtio.Bench.Native;

/// <summary>The bare-metal guest and its disk, in memory (/dev/shm), so that no host disk is measured. Disposal removes them.</summary>
internal sealed class NativeFiles : IDisposable
{
    private const int PageSize = 4096;
    private const int SectorSize = 512;

    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine("/dev/shm", $"virtio-bench-{Environment.ProcessId}"));

    internal string Kernel => Path.Combine(_folder.FullName, "guest.elf");

    internal string Disk => Path.Combine(_folder.FullName, "disk");

    /// <summary>A path for a socket.</summary>
    internal string Socket(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Compiles the guest; null, or the reason if the compiler fails.</summary>
    internal string? Compile()
    {
        string source = Path.Combine(Repository.Root, "bench", "Virtio.Bench", "Native", "guest");
        string[] arguments =
        [
            "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-main", "-ffreestanding", "-fno-pic", "-no-pie", "-mno-red-zone",
            "-mgeneral-regs-only",
            "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-nostdlib", "-static",
            "-Wl,-T,guest.ld", "-Wl,--build-id=none", "-Wl,-z,max-page-size=0x1000", "-o", Kernel, "start.S",
            .. Directory.GetFiles(source, "*.c").Order(StringComparer.Ordinal),
        ];
        var start = new ProcessStartInfo("gcc", arguments) { WorkingDirectory = source, RedirectStandardError = true };
        using Process compiler = Process.Start(start)!;
        string errors = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? null : $"gcc did not compile the guest: {errors}";
    }

    /// <summary>
    /// Creates a disk on which each page begins and ends with the number of its first sector, so that the guest can check its reads.
    /// </summary>
    internal void CreateDisk(long length)
    {
        byte[] block = new byte[1 << 20];
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(block.AsSpan());
        using FileStream file = File.Create(Disk);
        for (long start = 0; start < length; start += block.Length)
        {
            for (int page = 0; page < block.Length; page += PageSize)
            {
                ulong sector = (ulong)(start + page) / SectorSize;
                words[page / sizeof(ulong)] = sector;
                words[((page + PageSize) / sizeof(ulong)) - 1] = sector;
            }

            file.Write(block);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
