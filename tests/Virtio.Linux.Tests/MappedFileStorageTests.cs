using System.Runtime.Versioning;
using Virtio.Storage;

namespace Virtio.Linux.Tests;

[SupportedOSPlatform("linux")]
public sealed class MappedFileStorageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-mapped-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Vectors_reach_the_file_and_come_back()
    {
        byte[] bytes = RandomBytes(3_000_001);
        string path = Make(new byte[4_000_000]);
        await using (MappedFileStorage storage = MappedFileStorage.Open(path))
        {
            Assert.Equal(4_000_000, storage.Length);
            Assert.True(storage.CanWrite);
            await storage.WriteAsync(
                99_999, [bytes.AsMemory(0, 1), ReadOnlyMemory<byte>.Empty, bytes.AsMemory(1)], TestContext.Current.CancellationToken);
            await storage.FlushAsync(TestContext.Current.CancellationToken);
            byte[] read = new byte[bytes.Length];
            await storage.ReadAsync(
                99_999, [read.AsMemory(0, 50_000), Memory<byte>.Empty, read.AsMemory(50_000)], TestContext.Current.CancellationToken);
            Assert.Equal(bytes, read);
        }

        Assert.Equal(bytes, (await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken))[99_999..(99_999 + bytes.Length)]);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 10_001)]
    [InlineData(9_999, 2)]
    [InlineData(long.MaxValue, 1)]
    public async Task What_lies_outside_the_file_is_refused(long offset, int length)
    {
        await using MappedFileStorage storage = MappedFileStorage.Open(Make(new byte[10_000]));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await storage.ReadAsync(offset, [new byte[length]], TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await storage.WriteAsync(offset, [new byte[length]], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_read_only_one_refuses_writes()
    {
        await using MappedFileStorage storage = MappedFileStorage.Open(Make(new byte[10_000]), new FileStorageOptions { ReadOnly = true });
        Assert.False(storage.CanWrite);
        await Assert.ThrowsAsync<NotSupportedException>(
            async () => await storage.WriteAsync(0, [new byte[1]], TestContext.Current.CancellationToken));
        await storage.ReadAsync(9_999, [new byte[1]], TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_file_in_use_is_refused()
    {
        string path = Make(new byte[10_000]);
        await using MappedFileStorage storage = MappedFileStorage.Open(path);
        Assert.Throws<StorageException>(() => MappedFileStorage.Open(path));
        Assert.Throws<StorageException>(() => FileStorage.Open(path));
    }

    [Fact]
    public async Task A_cancelled_call_ends_as_cancelled()
    {
        await using MappedFileStorage storage = MappedFileStorage.Open(Make(new byte[10_000]));
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await storage.ReadAsync(0, [new byte[1]], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await storage.WriteAsync(0, [new byte[1]], cancelled));
    }

    [Fact]
    public async Task Nothing_is_touched_after_disposal()
    {
        MappedFileStorage storage = MappedFileStorage.Open(Make(new byte[10_000]));
        await storage.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await storage.ReadAsync(0, [new byte[1]], TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await storage.WriteAsync(0, [new byte[1]], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_device_is_refused_with_a_reason() =>
        Assert.Throws<StorageException>(() => MappedFileStorage.Open("/dev/zero"));

    private string Make(byte[] content)
    {
        string path = Path.Combine(_folder, "disk");
        File.WriteAllBytes(path, content);
        return path;
    }

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(5).NextBytes(bytes);
        return bytes;
    }
}
