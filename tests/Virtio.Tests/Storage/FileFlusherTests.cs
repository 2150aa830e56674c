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
        await Parallel.ForAsync(0, 5000, async (_, _) => await flusher.FlushAsync());
    }

    [Fact]
    public void A_flush_allocates_nothing_for_its_caller()
    {
        FileFlusher flusher = new("disk", _handle, NullLogger.Instance);
        Assert.Equal(0, Transfers.AllocatedBy(flusher.FlushAsync));
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
