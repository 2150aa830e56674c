using System.Net;
using System.Net.Http.Headers;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

/// <summary>The guest chooses the length of a request. The length must cost the host nothing, and must not delay a reset.</summary>
public sealed class LongRequestTests
{
    private const int Piece = 4096;

    [Fact]
    public async Task A_file_stops_in_the_midst_of_a_request_that_is_cancelled()
    {
        using TemporaryFolder folder = new();
        await using FileStorage storage = FileStorage.Open(folder.File("disk", new byte[2 * Piece]));
        await AssertStops(storage);
    }

    [Fact]
    public async Task Memory_stops_in_the_midst_of_a_request_that_is_cancelled()
    {
        await using MemoryStorage storage = new(new byte[2 * Piece]);
        await AssertStops(storage);
    }

    [Fact]
    public async Task A_long_read_over_HTTP_takes_no_memory_for_the_parts_that_wait_for_their_turn()
    {
        const long Length = 16 << 20;
        using HttpClient client = new(new StuckServer(Length));
        await using HttpStorage storage = await HttpStorage.OpenAsync(
            new Uri("http://disk.invalid/"), new HttpStorageOptions { Client = client, MaxRequestBytes = 512, MaxParallelRequests = 2 });
        Memory<byte>[] buffers = [.. Enumerable.Repeat((Memory<byte>)new byte[1 << 20], 16)];
        using CancellationTokenSource cancellation = new();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Task read = storage.ReadAsync(0, buffers, cancellation.Token).AsTask();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.False(read.IsCompleted);
        Assert.InRange(allocated, 0, 256 << 10);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    private static async Task AssertStops(IWritableBlockStorage storage)
    {
        byte[] second = new byte[Piece];
        second.AsSpan().Fill(1);
        using CancellationTokenSource reading = new();
        CancellingList<Memory<byte>> room = new([new byte[Piece], second], reading);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await storage.ReadAsync(0, room, reading.Token));
        Assert.All(second, value => Assert.Equal(1, value));

        using CancellationTokenSource writing = new();
        CancellingList<ReadOnlyMemory<byte>> data = new([new byte[Piece], second], writing);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await storage.WriteAsync(0, data, writing.Token));
        Assert.All(await storage.ReadBytes(Piece, Piece), value => Assert.Equal(0, value));
    }

    /// <summary>
    /// A list that cancels when its first item is read for the second time. The first read is to measure the length, the second is to use
    /// the item.
    /// </summary>
    private sealed class CancellingList<T>(T[] items, CancellationTokenSource cancellation) : IReadOnlyList<T>
    {
        private bool _measured;

        public int Count => items.Length;

        public T this[int index]
        {
            get
            {
                if (index == 0 && _measured)
                    cancellation.Cancel();
                _measured = true;
                return items[index];
            }
        }

        public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)items).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>A server that answers requests for one byte, which are those of the opening, and then answers nothing more.</summary>
    private sealed class StuckServer(long length) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            long from = request.Headers.Range!.Ranges.First().From!.Value;
            if (from != request.Headers.Range.Ranges.First().To)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            HttpResponseMessage answer = new(HttpStatusCode.PartialContent) { Content = new ByteArrayContent(new byte[1]) };
            answer.Headers.ETag = new EntityTagHeaderValue("\"1\"");
            answer.Content.Headers.ContentRange = new ContentRangeHeaderValue(from, from, length);
            return answer;
        }
    }
}
