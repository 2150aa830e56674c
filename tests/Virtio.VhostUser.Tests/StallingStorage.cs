using Virtio.Storage;

namespace Virtio.VhostUser.Tests;

/// <summary>
/// A disk of sevens that stalls as the test says. A stalled request ends with <see cref="Release"/> at the latest, and then writes nines.
/// </summary>
internal sealed class StallingStorage : IBlockStorage
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _pending;
    private int _written;

    public long Length => 1 << 20;

    internal Stall Stall { get; set; }

    /// <summary>Requests that have begun and not ended.</summary>
    internal int Pending => Volatile.Read(ref _pending);

    /// <summary>Requests that have written after their release.</summary>
    internal int Written => Volatile.Read(ref _written);

    internal void Release() => _released.TrySetResult();

    public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        if (Stall == Stall.None)
        {
            Fill(buffers, 7);
            return ValueTask.CompletedTask;
        }

        return new ValueTask(StallAsync([.. buffers], cancellationToken));
    }

    public ValueTask DisposeAsync()
    {
        Release();
        return ValueTask.CompletedTask;
    }

    private async Task StallAsync(Memory<byte>[] buffers, CancellationToken cancellationToken)
    {
        Stall stall = Stall;
        Interlocked.Increment(ref _pending);
        try
        {
            if (stall == Stall.Blocked)
                _released.Task.GetAwaiter().GetResult();
            else
                await _released.Task.WaitAsync(stall == Stall.Ever ? CancellationToken.None : cancellationToken);
            Fill(buffers, 9);
            Interlocked.Increment(ref _written);
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    private static void Fill(IReadOnlyList<Memory<byte>> buffers, byte value)
    {
        foreach (Memory<byte> buffer in buffers)
            buffer.Span.Fill(value);
    }
}
