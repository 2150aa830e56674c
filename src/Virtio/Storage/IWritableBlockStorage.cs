namespace Virtio.Storage;

/// <summary>A block storage that can be written, and that can make written data durable.</summary>
/// <remarks>Calls may come in parallel, from any thread. The order of parallel writes that overlap is undefined.</remarks>
public interface IWritableBlockStorage : IBlockStorage
{
    /// <summary>False when this storage was opened for reading only; <see cref="WriteAsync"/> then throws. Constant.</summary>
    bool CanWrite { get; }

    /// <summary>Writes <paramref name="buffers"/>, in order, to the bytes from <paramref name="offset"/> on.</summary>
    /// <param name="offset">
    /// The position of the first byte, 0 to <see cref="IBlockStorage.Length"/>; a write never makes the storage longer.
    /// </param>
    /// <param name="buffers">
    /// The bytes. Neither the list nor the memory may be touched after the call has completed. A guest may change the memory during the
    /// call, so an implementation that must see the same bytes twice copies them first.
    /// </param>
    /// <param name="cancellationToken">Ends the call early; any part of the range may then have been written.</param>
    /// <returns>A task that completes when every later read sees the bytes. It is awaited once.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A part of the range lies outside the storage.</exception>
    /// <exception cref="NotSupportedException"><see cref="CanWrite"/> is false.</exception>
    /// <exception cref="IOException">Not all bytes could be written; any part of the range may have been written.</exception>
    ValueTask WriteAsync(long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers, CancellationToken cancellationToken = default);

    /// <summary>Makes the data of every <see cref="WriteAsync"/> durable that had completed before this call.</summary>
    /// <param name="cancellationToken">Ends the wait; the bytes may become durable all the same.</param>
    /// <returns>A task that completes when a loss of power can no longer undo those writes. It is awaited once.</returns>
    /// <exception cref="IOException">
    /// The bytes may not be durable. Written data may be lost after this, so every later flush fails too, until the storage is opened
    /// again.
    /// </exception>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);
}
