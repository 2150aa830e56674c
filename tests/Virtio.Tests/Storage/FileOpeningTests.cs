using System.Diagnostics;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class FileOpeningTests : IDisposable
{
    private static readonly FileStorageOptions ReadOnly = new() { ReadOnly = true };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_file_a_directory_and_an_empty_file_are_each_one_clear_line()
    {
        Refused(Path.Combine(_folder.Root, "none"), "does not exist");
        Refused(Path.Combine(_folder.Root, "none", "deeper"), "does not exist");
        Refused(_folder.Root, "is a directory");
        Refused(_folder.Sparse("empty", 0), "is empty");
    }

    [Theory]
    [InlineData("/dev/zero", "no end")]
    [InlineData("/dev/null", "is empty")]
    public void A_device_that_is_no_disk_is_one_clear_line(string path, string reason)
    {
        Assert.SkipUnless(File.Exists(path), $"{path} is missing");
        Refused(path, reason);
    }

    [Fact]
    public void A_file_that_must_not_be_written_is_one_clear_line()
    {
        // A file of mode 0400 does not stop root; a file that the kernel cannot write does.
        string path = "/sys/kernel/uevent_seqnum";
        if (!Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows())
        {
            path = _folder.Sparse("disk", 1000);
            File.SetUnixFileMode(path, UnixFileMode.UserRead);
        }

        Assert.SkipUnless(File.Exists(path) && !IsMountedReadOnly("/sys"), "runs as root, and there is no file that root cannot write");
        Refused(path, "no permission to write");
    }

    [Fact]
    public async Task A_file_system_mounted_read_only_is_one_clear_line()
    {
        string mount = Directory.CreateDirectory(Path.Combine(_folder.Root, "mount")).FullName;
        (int status, string output) = await Programs.Run("mount", "-t", "tmpfs", "-o", "size=1m", "none", mount);
        Assert.SkipUnless(status == 0, $"mount does not work here: {output}");
        try
        {
            string path = _folder.Sparse("mount/disk", 1000);
            Assert.Equal(0, (await Programs.Run("mount", "-o", "remount,ro", mount)).Status);
            Refused(path, "open it read-only");
            await FileStorage.Open(path, ReadOnly).DisposeAsync();
        }
        finally
        {
            await Programs.Run("umount", mount);
        }
    }

    [Fact]
    public async Task A_writable_disk_keeps_every_second_one_out()
    {
        string path = _folder.Sparse("disk", 1000);
        await using (FileStorage storage = FileStorage.Open(path))
        {
            Refused(path, "in use");
            Refused(path, "in use", ReadOnly);
            Assert.Equal(1, await TryLock("-s", path));
        }

        Assert.Equal(0, await TryLock("-x", path));
        await FileStorage.Open(path).DisposeAsync();
    }

    [Fact]
    public async Task Read_only_disks_share_a_file_and_keep_writers_out()
    {
        string path = _folder.Sparse("disk", 1000);
        await using FileStorage first = FileStorage.Open(path, ReadOnly);
        await using FileStorage second = FileStorage.Open(path, ReadOnly);
        Refused(path, "in use");
        Assert.Equal(0, await TryLock("-s", path));
        Assert.Equal(1, await TryLock("-x", path));
    }

    [Fact]
    public async Task A_disk_that_is_handed_over_lets_in_whoever_takes_it_over_and_nobody_else()
    {
        string path = _folder.Sparse("disk", 1000);
        var shared = new FileStorageOptions { Shared = true };
        await using FileStorage from = FileStorage.Open(path, shared);
        await using FileStorage to = FileStorage.Open(path, shared);
        Assert.True(to.CanWrite);
        Refused(path, "in use");
    }

    [Theory]
    [InlineData("-x", true)]
    [InlineData("-s", false)]
    public async Task A_lock_of_another_process_is_respected(string kind, bool readersToo)
    {
        string path = _folder.Sparse("disk", 1000);
        using Process holder = Programs.Start("flock", kind, path, "sh", "-c", "echo locked; read line");
        try
        {
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
            Assert.Equal("locked", await holder.StandardOutput.ReadLineAsync(limit.Token));
            Refused(path, "in use");
            if (readersToo)
                Refused(path, "in use", ReadOnly);
            else
                await FileStorage.Open(path, ReadOnly).DisposeAsync();

            holder.StandardInput.Close();
            await holder.WaitForExitAsync(limit.Token);
        }
        finally
        {
            holder.Kill(entireProcessTree: true);
        }

        await FileStorage.Open(path).DisposeAsync();
    }

    private static void Refused(string path, string reason, FileStorageOptions? options = null)
    {
        StorageException e = Assert.Throws<StorageException>(() => FileStorage.Open(path, options));
        Assert.Contains($"'{path}'", e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    private static async Task<int> TryLock(string kind, string path) => (await Programs.Run("flock", "-n", kind, path, "true")).Status;

    private static bool IsMountedReadOnly(string mount)
        => File.Exists("/proc/mounts")
            && File.ReadLines("/proc/mounts")
                .Any(line => line.Split(' ') is [_, string at, _, string options, ..] && at == mount && options.Split(',').Contains("ro"));
}
