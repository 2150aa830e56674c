using Virtio.Vmm;

namespace Virtio.Bench.Guests;

/// <summary>
/// The files that every kind of machine boots from, in memory (/dev/shm), so that no host disk is measured. Disposal removes them.
/// </summary>
internal sealed class GuestFiles : IDisposable
{
    private readonly DirectoryInfo _folder;

    private GuestFiles(DirectoryInfo folder) => _folder = folder;

    internal string Kernel => Path.Combine(_folder.FullName, "kernel");

    /// <summary>The ramdisk with the small programs only.</summary>
    internal string SmallInitrd => Path.Combine(_folder.FullName, "small.cpio");

    /// <summary>The ramdisk with all programs, as <c>virtio run</c> uses by default.</summary>
    internal string FullInitrd => Path.Combine(_folder.FullName, "full.cpio");

    /// <summary>The image's own kernel parameters.</summary>
    internal string CommandLine { get; private init; } = "";

    /// <summary>The bytes that identify the kernel in memory; null if they are not known beforehand.</summary>
    internal GuestSignature? Signature { get; private init; }

    /// <summary>The files of the guest that a machine boots.</summary>
    internal static GuestFiles Create(MicroVmMachine machine)
    {
        GuestImage image = GuestImage.Find(machine);
        string memory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        var files = new GuestFiles(Directory.CreateDirectory(Path.Combine(memory, $"virtio-bench-{Environment.ProcessId}")))
        {
            CommandLine = image.CommandLine,
            Signature = machine == MicroVmMachine.Kvm ? null : ResidentMemory.Linux,
        };
        Concatenate(files.Kernel, image.Kernel);
        Concatenate(files.SmallInitrd, [.. image.Initrd]);
        Concatenate(files.FullInitrd, [.. image.Initrd, .. image.Tools]);
        return files;
    }

    /// <summary>
    /// A new disk. The guest's init leaves a disk with a mark at its beginning alone and gives an empty one a file system.
    /// </summary>
    internal string CreateDisk(string name, long length, bool marked)
    {
        string path = Path.Combine(_folder.FullName, name);
        using FileStream disk = File.Create(path);
        disk.SetLength(length);
        if (marked)
            disk.Write("a disk of the benchmarks"u8);
        return path;
    }

    /// <summary>Fills a disk, so that no read hits a hole.</summary>
    internal static void Fill(string disk)
    {
        byte[] block = new byte[1 << 20];
        Random.Shared.NextBytes(block);
        using FileStream file = File.OpenWrite(disk);
        for (long left = file.Length; left > 0; left -= block.Length)
            file.Write(block, 0, (int)Math.Min(left, block.Length));
    }

    internal static string Copy(string disk)
    {
        string copy = disk + ".copy";
        File.Copy(disk, copy, overwrite: true);
        return copy;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Concatenate(string path, params ReadOnlySpan<BootSource> parts)
    {
        using FileStream whole = File.Create(path);
        foreach (BootSource part in parts)
        {
            using FileStream source = File.OpenRead(part.Name);
            source.CopyTo(whole);
        }
    }
}
