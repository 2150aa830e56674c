using Virtio.Storage;

namespace Virtio.VhostUser.Tests;

/// <summary>Storage of zeros whose length the test sets.</summary>
internal sealed class GrowingStorage(long length) : IBlockStorage
{
    public long Length { get; private set; } = length;

    internal long NextLength { get; set; } = length;

    public long Remeasure() => Length = NextLength;

    public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        foreach (Memory<byte> buffer in buffers)
            buffer.Span.Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
