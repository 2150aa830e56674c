using System.Runtime.Versioning;
using System.Text;
using Virtio.Storage;

namespace Virtio.Cli.Tests.Processes;

/// <summary>Disks that a guest would see differently from what the user meant.</summary>
[SupportedOSPlatform("linux")]
public sealed class DiskWarningTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1000, "its length, 1000 bytes, is no multiple of 512; the guest does not see the last 488 bytes")]
    [InlineData((1 << 20) + 1, "its length, 1048577 bytes, is no multiple of 512; the guest does not see the last 1 bytes")]
    public async Task What_the_guest_does_not_see_of_a_disk_is_told(int length, string expected)
    {
        string error = await ServeAsync(MakeDisk(new byte[length]));
        Assert.Contains($"virtio: warning: disk {Path.Combine(_folder, "disk")}: {expected}\n", error);
    }

    [Fact]
    public async Task A_disk_without_one_sector_is_refused()
    {
        (int status, _, string error) = await CommandProcess.RunAsync(
            "serve", "block", "--socket", Path.Combine(_folder, "socket"), MakeDisk(new byte[16]));
        Assert.Contains("its length, 16 bytes, is less than a sector of 512 bytes", error);
        Assert.Equal(ExitStatus.Failure, status);
    }

    [Fact]
    public async Task A_disk_that_is_an_image_of_another_program_is_named()
    {
        byte[] image = new byte[4096];
        Encoding.Latin1.GetBytes("QFI\u00fb").CopyTo(image, 0);
        string error = await ServeAsync(MakeDisk(image));
        Assert.Contains(
            "it is a qcow2 file, of which the guest gets the bytes as they are; make a raw disk of it: qemu-img convert -f qcow2 -O raw",
            error);
    }

    [Fact]
    public async Task An_ordinary_disk_is_served_without_a_warning() =>
        Assert.DoesNotContain("warning", await ServeAsync(MakeDisk(new byte[4096])));

    [Theory]
    [InlineData("QFI\u00fb", 0, "a qcow2 file", "qemu-img convert -f qcow2")]
    [InlineData("QED\0", 0, "a qed file", "qemu-img convert -f qed")]
    [InlineData("vhdxfile", 0, "a vhdx file", "qemu-img convert -f vhdx")]
    [InlineData("conectix", 0, "a vhd file", "qemu-img convert -f vpc")]
    [InlineData("conectix", -512, "a vhd file", "qemu-img convert -f vpc")]
    [InlineData("koly", -512, "a dmg file", "qemu-img convert -f dmg")]
    [InlineData("KDMV", 0, "a vmdk file", "qemu-img convert -f vmdk")]
    [InlineData("COWD", 0, "a vmdk file", "qemu-img convert -f vmdk")]
    [InlineData("# Disk DescriptorFile", 0, "a vmdk file", "qemu-img convert -f vmdk")]
    [InlineData("\u007f\u0010\u00da\u00be", 64, "a vdi file", "qemu-img convert -f vdi")]
    [InlineData("WithoutFreeSpace", 0, "a parallels file", "qemu-img convert -f parallels")]
    [InlineData("\u001f\u008b", 0, "a gzip file", "gunzip -k 'x'")]
    [InlineData("\u0028\u00b5\u002f\u00fd", 0, "a zstd file", "unzstd 'x'")]
    [InlineData("\u00fd7zXZ\0", 0, "a xz file", "unxz -k 'x'")]
    [InlineData("BZh", 0, "a bzip2 file", "bunzip2 -k 'x'")]
    [InlineData("KDMV", 512, null, null)]
    [InlineData("conectix", -513, null, null)]
    public async Task What_is_no_raw_disk_is_told_by_its_first_or_last_bytes(string magic, int position, string? name, string? advice)
    {
        byte[] image = new byte[8192];
        Encoding.Latin1.GetBytes(magic).CopyTo(image, position < 0 ? image.Length + position : position);

        string? found = await DiskFormats.RecogniseAsync(new MemoryStorage(image), "x", CancellationToken.None);

        if (name is null)
        {
            Assert.Null(found);
        }
        else
        {
            Assert.Contains(name, found);
            Assert.Contains(advice!, found);
        }
    }

    private async Task<string> ServeAsync(string disk)
    {
        using CommandProcess process = CommandProcess.Start("serve", "block", "--socket", Path.Combine(_folder, "socket"), disk);
        await process.WaitForErrorAsync("waiting for a front-end");
        process.Signal(CommandProcess.Terminate);
        (int status, _, string error) = await process.EndAsync();
        Assert.Equal(ExitStatus.Success, status);
        return error;
    }

    private string MakeDisk(byte[] content)
    {
        string path = Path.Combine(_folder, "disk");
        File.WriteAllBytes(path, content);
        return path;
    }
}
