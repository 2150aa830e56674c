using Microsoft.Win32.SafeHandles;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class BlockDeviceStorageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(512)]
    [InlineData((1 << 20) + 512)]
    [InlineData(3L << 40)]
    public async Task The_length_of_a_block_device_is_found_and_its_bytes_are_the_files(long length)
    {
        string file = _folder.Sparse("backing", length);
        await WithLoopDevice(file, async device =>
        {
            byte[] written = Transfers.RandomBytes(512);
            await using (FileStorage storage = FileStorage.Open(device))
            {
                Assert.Equal(length, storage.Length);
                await storage.WriteBytes(length - 512, written);
                await storage.FlushAsync();
                Assert.Equal(written, await storage.ReadBytes(length - 512, 512));
                Assert.Throws<StorageException>(() => FileStorage.Open(device));
            }

            await using FileStorage backing = FileStorage.Open(file, new FileStorageOptions { ReadOnly = true });
            Assert.Equal(written, await backing.ReadBytes(length - 512, 512));
        });
    }

    /// <summary>
    /// A loop device over a sparse file on a file system that is too small for it. The writes fit in the page cache, and the write-back
    /// fails.
    /// The kernel reports the failure once and then success, although the data is lost.
    /// </summary>
    [Fact]
    public async Task After_a_flush_that_lost_data_every_later_flush_fails_though_the_kernel_says_success()
    {
        string mount = Directory.CreateDirectory(Path.Combine(_folder.Root, "small")).FullName;
        (int status, string output) = await Programs.Run("mount", "-t", "tmpfs", "-o", "size=1m", "none", mount);
        Assert.SkipUnless(status == 0, $"mount does not work here: {output}");
        try
        {
            string file = Path.Combine(mount, "backing");
            using (FileStream stream = File.Create(file))
                stream.SetLength(16 << 20);
            await WithLoopDevice(file, LoseDataThenFlush);
        }
        finally
        {
            await Programs.Run("umount", mount);
        }
    }

    private static async Task LoseDataThenFlush(string device)
    {
        await using (FileStorage storage = FileStorage.Open(device))
        {
            await storage.WriteBytes(0, Transfers.RandomBytes(8 << 20));
            StorageException first = await Assert.ThrowsAsync<StorageException>(async () => await storage.FlushAsync());
            Assert.Contains($"cannot flush '{device}'", first.Message, StringComparison.Ordinal);

            for (int i = 0; i < 3; i++)
            {
                StorageException later = await Assert.ThrowsAsync<StorageException>(async () => await storage.FlushAsync());
                Assert.Contains("an earlier flush failed", later.Message, StringComparison.Ordinal);
            }
        }

        // The kernel reports success by now, so it was the storage that remembered the failure.
        using SafeFileHandle handle = File.OpenHandle(device, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
        await using FileStorage reopened = FileStorage.Open(device, new FileStorageOptions { ReadOnly = true });
        await reopened.FlushAsync();
    }

    private static async Task WithLoopDevice(string file, Func<string, Task> use)
    {
        (int status, string device) = await Programs.Run("losetup", "--find", "--show", file);
        Assert.SkipUnless(status == 0, $"losetup does not work here: {device}");
        try
        {
            await use(device);
        }
        finally
        {
            await Programs.Run("losetup", "--detach", device);
        }
    }
}
