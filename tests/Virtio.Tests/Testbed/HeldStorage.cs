using Virtio.Storage;

namespace Virtio.Tests.Testbed;

/// <summary>
/// Storage whose reads wait until the test releases them or the queue is stopped. Even then they write to their buffers before they
/// complete.
/// Reads at offsets that <paramref name="isHeld"/> refuses are served at once.
/// </summary>
internal sealed class HeldStorage(long length, Func<long, bool>? isHeld = null) : IBlockStorage
{
    internal const byte Byte = 0xd1;

    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _held;

    public long Length => length;

    /// <summary>Number of reads that wait.</summary>
    internal int Held => Volatile.Read(ref _held);

    public async ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        if (isHeld is null || isHeld(offset))
        {
            Interlocked.Increment(ref _held);
            await Task.WhenAny(_release.Task, Task.Delay(Timeout.Infinite, cancellationToken)).ConfigureAwait(false);
            Interlocked.Decrement(ref _held);
        }

        foreach (Memory<byte> buffer in buffers)
            buffer.Span.Fill(Byte);
        cancellationToken.ThrowIfCancellationRequested();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal void Release() => _release.TrySetResult();

    internal void WaitUntilHeld(int count) =>
        Assert.True(SpinWait.SpinUntil(() => Held >= count, TimeSpan.FromSeconds(10)), $"{Held} of {count} reads are waiting");
}
