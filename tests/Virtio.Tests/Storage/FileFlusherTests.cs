using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class FileFlusherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SafeFileHandle _handle;

    public FileFlusherTests() => _handle = File.OpenHandle(_folder.Sparse("disk", 1000), FileMode.Open, FileAccess.ReadWrite);

    public void Dispose()
    {
        _handle.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_one_of_many_parallel_flushes_completes()
    {
        FileFlusher flusher = new("disk", _handle, NullLogger.Instance);
        await Parallel.ForAsync(0, 5000, async (_, cancellation) => await flusher.FlushAsync(cancellation));
    }

    [Fact]
    public async Task A_flush_allocates_nothing_for_its_caller()
    {
        FileFlusher flusher = new("disk", _handle, NullLogger.Instance);
        // A flush can be requested while an earlier one is still returning to its pool, so make some.
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => flusher.FlushAsync().AsTask()));
        using CancellationTokenSource cancelling = new();
        Assert.Equal(0, Transfers.AllocatedBy(() => flusher.FlushAsync(), () => flusher.FlushAsync(cancelling.Token)));
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_and_confuses_no_other_flush()
    {
        FileFlusher flusher = new("disk", _handle, NullLogger.Instance);
        int ended = 0;
        int cancelled = 0;
        await Parallel.ForAsync(0, 3000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            using CancellationTokenSource cancelling = new();
            Task cancel = i % 3 == 0 ? Task.Run(cancelling.Cancel, CancellationToken.None) : Task.CompletedTask;
            try
            {
                await flusher.FlushAsync(cancelling.Token);
                Interlocked.Increment(ref ended);
            }
            catch (OperationCanceledException) when (i % 3 == 0)
            {
                Interlocked.Increment(ref cancelled);
            }

            await cancel;
        });
        Assert.Equal(3000, ended + cancelled);
        Assert.InRange(ended, 2000, 3000);
    }

    [Fact]
    public async Task A_continuation_may_block_on_a_further_flush()
    {
        FileFlusher flusher = new("disk", _handle, NullLogger.Instance);
        for (int i = 0; i < 20; i++)
            Assert.True(await BlockInContinuation(flusher));
    }

    [Fact]
    public async Task A_failure_is_logged_once_and_kept()
    {
        ListLogger logger = new();
        FileFlusher flusher = new("disk", _handle, logger);
        await flusher.FlushAsync();
        _handle.Dispose();

        for (int i = 0; i < 3; i++)
            await Assert.ThrowsAsync<StorageException>(async () => await flusher.FlushAsync());
        Assert.Single(logger.Lines);
    }

    private static Task<bool> BlockInContinuation(FileFlusher flusher)
        => flusher.FlushAsync().AsTask().ContinueWith(
            _ => flusher.FlushAsync().AsTask().Wait(TimeSpan.FromSeconds(20)),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
