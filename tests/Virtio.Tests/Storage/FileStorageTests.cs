using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class FileStorageTests : IDisposable
{
    private const long ThreeTebibytes = 3L << 40;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Vectors_reach_the_file_and_come_back()
    {
        byte[] bytes = Transfers.RandomBytes(100_001);
        string path = _folder.Sparse("disk", 200_000);
        await using (FileStorage storage = FileStorage.Open(path))
        {
            Assert.Equal(200_000, storage.Length);
            Assert.True(storage.CanWrite);
            await storage.WriteBytes(99_999, bytes.AsMemory(0, 1), Memory<byte>.Empty, bytes.AsMemory(1));
            await storage.FlushAsync();
            byte[] read = new byte[bytes.Length];
            await storage.ReadAsync(99_999, [read.AsMemory(0, 50_000), Memory<byte>.Empty, read.AsMemory(50_000)]);
            Assert.Equal(bytes, read);
        }

        Assert.Equal(bytes, (await File.ReadAllBytesAsync(path))[99_999..]);
    }

    [Fact]
    public async Task A_sparse_file_of_three_tebibytes_stays_sparse_and_is_addressed_to_its_end()
    {
        string path = SparseThreeTebibytes();
        await using FileStorage storage = FileStorage.Open(path);
        Assert.Equal(ThreeTebibytes, storage.Length);
        byte[] written = Transfers.RandomBytes(4096);
        await storage.WriteBytes(ThreeTebibytes - 4096, written);
        await storage.FlushAsync();

        Assert.Equal(written, await storage.ReadBytes(ThreeTebibytes - 4096, 4096));
        Assert.Equal(new byte[4096], await storage.ReadBytes(0, 4096));
        Assert.Equal(new byte[4096], await storage.ReadBytes(1L << 41, 4096));
        (int status, string blocks) = await Programs.Run("stat", "-c", "%b", path);
        Assert.Equal(0, status);
        Assert.InRange(long.Parse(blocks, System.Globalization.CultureInfo.InvariantCulture), 1, 1024);
    }

    [Fact]
    public async Task Requests_in_parallel_keep_to_their_own_ranges()
    {
        await using FileStorage storage = FileStorage.Open(_folder.Sparse("disk", 1000 * 4096));
        await Parallel.ForAsync(0, 1000, async (i, cancellation) =>
        {
            byte[] bytes = Transfers.RandomBytes(4096, i);
            await storage.WriteBytes(i * 4096L, bytes);
            if (i % 100 == 0)
                await storage.FlushAsync(cancellation);
            Assert.Equal(bytes, await storage.ReadBytes(i * 4096L, 4096, cancellation));
        });
    }

    [Fact]
    public async Task A_file_cut_short_under_us_is_an_error_and_never_zeros()
    {
        string path = _folder.File("disk", Transfers.RandomBytes(10_000));
        await using FileStorage storage = FileStorage.Open(path, new FileStorageOptions { ReadOnly = true });
        (int status, _) = await Programs.Run("truncate", "-s", "5000", path);
        Assert.Equal(0, status);

        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(4000, 2000));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("shorter", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(9000, 1));
        Assert.Equal(1000, (await storage.ReadBytes(4000, 1000)).Length);
    }

    [Fact]
    public async Task A_full_disk_is_an_error_that_names_the_file()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "/dev/full is missing");
        using Microsoft.Win32.SafeHandles.SafeFileHandle full = File.OpenHandle(
            "/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        await using FileStorage storage = new("/dev/full", full, 1000, canWrite: true, logger: null);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.WriteBytes(0, new byte[1]));
        Assert.Equal("cannot write '/dev/full' at 0: No space left on device", e.Message);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 1001)]
    [InlineData(1000, 1)]
    [InlineData(long.MaxValue, 1)]
    public async Task A_range_outside_is_refused_and_the_file_grows_not(long offset, int count)
    {
        string path = _folder.Sparse("disk", 1000);
        await using FileStorage storage = FileStorage.Open(path);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => storage.ReadBytes(offset, count));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => storage.WriteBytes(offset, new byte[count]));
        Assert.Equal(1000, new FileInfo(path).Length);
    }

    [Fact]
    public async Task A_read_only_one_refuses_writes_and_a_disposed_one_everything()
    {
        FileStorage storage = FileStorage.Open(_folder.Sparse("disk", 1000), new FileStorageOptions { ReadOnly = true });
        Assert.False(storage.CanWrite);
        await Assert.ThrowsAsync<NotSupportedException>(() => storage.WriteBytes(0, new byte[1]));
        await storage.FlushAsync();

        await storage.DisposeAsync();
        await storage.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => storage.ReadBytes(0, 1));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await storage.FlushAsync());
    }

    [Fact]
    public async Task A_cancelled_call_does_nothing()
    {
        await using FileStorage storage = FileStorage.Open(_folder.Sparse("disk", 1000));
        CancellationToken cancelled = new(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await storage.WriteAsync(0, [new byte[] { 1 }], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await storage.FlushAsync(cancelled));
        Assert.Equal([0], await storage.ReadBytes(0, 1));
    }

    [Fact]
    public async Task Reads_and_writes_complete_at_once_and_no_request_allocates()
    {
        using NativeBuffer native = new(10_000);
        List<Memory<byte>> reads = [native.Memory[..4096], native.Memory[5000..]];
        List<ReadOnlyMemory<byte>> writes = [native.Memory[..4096], native.Memory[5000..]];
        await using FileStorage storage = FileStorage.Open(_folder.Sparse("disk", 100_000));
        Assert.True(Transfers.IsComplete(storage.WriteAsync(0, writes)));
        Assert.True(Transfers.IsComplete(storage.ReadAsync(0, reads)));

        Assert.Equal(0, Transfers.AllocatedBy(() => storage.WriteAsync(60_000, writes), () => storage.ReadAsync(60_000, reads)));
    }

    private string SparseThreeTebibytes()
    {
        try
        {
            return _folder.Sparse("disk", ThreeTebibytes);
        }
        catch (IOException)
        {
            Assert.Skip("this file system has no files of 3 TiB");
            throw;
        }
    }
}
