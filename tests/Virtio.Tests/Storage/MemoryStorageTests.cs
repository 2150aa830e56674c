using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class MemoryStorageTests
{
    private const long ThreeTebibytes = 3L << 40;

    [Fact]
    public async Task Three_tebibytes_hold_what_is_written_at_their_end_and_take_memory_for_that_alone()
    {
        await using MemoryStorage storage = new(ThreeTebibytes);
        byte[] written = Transfers.RandomBytes(4096);

        await storage.WriteBytes(ThreeTebibytes - 4096, written);

        Assert.Equal(written, await storage.ReadBytes(ThreeTebibytes - 4096, 4096));
        Assert.Equal(MemoryStorage.ChunkSize, storage.AllocatedBytes);
        // Sector 2^32 must not be sector 0.
        Assert.Equal(new byte[512], await storage.ReadBytes(0, 512));
    }

    [Fact]
    public async Task Bytes_never_written_read_as_zeros()
    {
        await using MemoryStorage storage = new(10_000_000);
        await storage.WriteBytes(MemoryStorage.ChunkSize + 100, new byte[] { 1, 2, 3 });

        byte[] read = await storage.ReadBytes(0, 3 * MemoryStorage.ChunkSize);

        Assert.Equal([0, 1, 2, 3, 0], read.AsSpan(MemoryStorage.ChunkSize + 99, 5).ToArray());
        Assert.Equal(6, read.Sum(b => b));
    }

    [Fact]
    public async Task Zeros_written_where_nothing_was_take_no_memory_and_elsewhere_overwrite()
    {
        await using MemoryStorage storage = new(1 << 20);
        await storage.WriteBytes(0, new byte[1 << 20]);
        Assert.Equal(0, storage.AllocatedBytes);

        await storage.WriteBytes(5, new byte[] { 7, 7, 7 });
        await storage.WriteBytes(6, new byte[] { 0 });

        Assert.Equal([7, 0, 7], await storage.ReadBytes(5, 3));
    }

    [Fact]
    public async Task Vectors_cross_chunks_in_both_directions()
    {
        await using MemoryStorage storage = new(1 << 20);
        byte[] bytes = Transfers.RandomBytes(300_001);

        await storage.WriteBytes(777, bytes.AsMemory(0, 1), bytes.AsMemory(1, 200_000), Memory<byte>.Empty, bytes.AsMemory(200_001));
        byte[] read = new byte[bytes.Length];
        await storage.ReadAsync(777, [read.AsMemory(0, 100_000), Memory<byte>.Empty, read.AsMemory(100_000)]);

        Assert.Equal(bytes, read);
    }

    [Fact]
    public async Task A_model_array_and_the_storage_agree_over_random_reads_and_writes()
    {
        const int Length = 4 * MemoryStorage.ChunkSize;
        byte[] model = new byte[Length];
        await using MemoryStorage storage = new(Length);
        Random random = new(42);
        for (int i = 0; i < 2000; i++)
        {
            int offset = random.Next(Length);
            byte[] bytes = new byte[random.Next(Math.Min(Length - offset, 100_000) + 1)];
            if (random.Next(3) > 0)
            {
                if (random.Next(4) > 0)
                    random.NextBytes(bytes);
                await storage.WriteBytes(offset, bytes);
                bytes.CopyTo(model, offset);
            }
            else
            {
                Assert.Equal(model[offset..(offset + bytes.Length)], await storage.ReadBytes(offset, bytes.Length));
            }
        }
    }

    [Fact]
    public async Task Parallel_writers_of_one_chunk_lose_nothing()
    {
        await using MemoryStorage storage = new(100 * MemoryStorage.ChunkSize);
        await Parallel.ForAsync(
            0, 6400, async (i, _) => await storage.WriteBytes(i * 1024L, Enumerable.Repeat((byte)((i % 255) + 1), 1024).ToArray()));

        byte[] all = await storage.ReadBytes(0, (int)storage.Length);
        for (int i = 0; i < 6400; i++)
            Assert.True(all.AsSpan(i * 1024, 1024).IndexOfAnyExcept((byte)((i % 255) + 1)) < 0);
    }

    [Fact]
    public async Task It_lies_over_an_array_of_the_caller()
    {
        byte[] array = Transfers.RandomBytes(1000);
        await using MemoryStorage storage = new(array);

        Assert.Equal(1000, storage.Length);
        Assert.Equal(array[10..20], await storage.ReadBytes(10, 10));
        await storage.WriteBytes(998, new byte[] { 1, 2 });
        Assert.Equal([1, 2], array[998..]);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 1001)]
    [InlineData(1000, 1)]
    [InlineData(999, 2)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MinValue, 1)]
    public async Task A_range_outside_is_refused(long offset, int count)
    {
        foreach (MemoryStorage storage in new[] { new MemoryStorage(1000), new MemoryStorage(new byte[1000]) })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await storage.ReadAsync(offset, [new byte[count]]));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await storage.WriteAsync(offset, [new byte[count]]));
            await storage.ReadAsync(1000, []);
            await storage.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_read_only_one_refuses_writes_and_a_disposed_one_everything()
    {
        MemoryStorage storage = new(100, readOnly: true);
        Assert.False(storage.CanWrite);
        await Assert.ThrowsAsync<NotSupportedException>(() => storage.WriteBytes(0, new byte[1]));
        await storage.FlushAsync();

        await storage.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => storage.ReadBytes(0, 1));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await storage.FlushAsync());
    }

    [Fact]
    public async Task A_cancelled_call_does_nothing()
    {
        await using MemoryStorage storage = new(100);
        CancellationToken cancelled = new(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await storage.WriteAsync(0, [new byte[] { 1 }], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => storage.ReadBytes(0, 1, cancelled));
        Assert.Equal([0], await storage.ReadBytes(0, 1));
    }

    [Fact]
    public async Task A_request_allocates_nothing()
    {
        using NativeBuffer native = new(10_000);
        native.GetSpan().Fill(1);
        List<Memory<byte>> reads = [native.Memory[..4096], native.Memory[5000..]];
        List<ReadOnlyMemory<byte>> writes = [native.Memory[..4096], native.Memory[5000..]];
        foreach (MemoryStorage storage in new[] { new MemoryStorage(ThreeTebibytes), new MemoryStorage(new byte[100_000]) })
        {
            Assert.Equal(0, Transfers.AllocatedBy(
                () => storage.WriteAsync(60_000, writes),
                () => storage.ReadAsync(60_000, reads),
                () => storage.FlushAsync()));
            await storage.DisposeAsync();
        }
    }
}
