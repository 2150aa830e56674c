using Virtio.Storage;

namespace Virtio.Bench.Host;

/// <summary>A disk that does nothing with a request, so that only the path of the request is measured.</summary>
internal sealed class NullStorage(long length) : IWritableBlockStorage
{
    public long Length => length;

    public bool CanWrite => true;

    public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default) =>
        ValueTask.CompletedTask;

    public ValueTask WriteAsync(long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers, CancellationToken cancellationToken = default) =>
        ValueTask.CompletedTask;

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
