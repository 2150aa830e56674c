namespace Virtio.Storage;

/// <summary>
/// The data of a block device: a sequence of bytes that is read by position.
/// </summary>
/// <remarks>
/// An implementation has no current position and must accept many parallel calls, from any thread. It is independent of virtio. Implement
/// this interface for a read-only storage, <see cref="IWritableBlockStorage"/> for a writable one.
/// </remarks>
public interface IBlockStorage : IAsyncDisposable
{
    /// <summary>
    /// The length in bytes. While the storage is in use only <see cref="Remeasure"/> changes it. It need not be a multiple of a sector: a
    /// block device offers only the whole sectors.
    /// </summary>
    long Length { get; }

    /// <summary>
    /// Measures the length again, for a storage on something that can become longer or shorter, such as a file. Calls in flight beyond a
    /// new end may fail. Call <see cref="Devices.Block.BlockDevice.Remeasure"/> instead to also notify the driver.
    /// </summary>
    /// <returns>The length from now on.</returns>
    /// <exception cref="IOException">The length cannot be measured; it stays as it was.</exception>
    long Remeasure() => Length;

    /// <summary>Reads the bytes from <paramref name="offset"/> on into <paramref name="buffers"/>, filling each of them in order.</summary>
    /// <param name="offset">The position of the first byte, 0 to <see cref="Length"/>.</param>
    /// <param name="buffers">
    /// Where the bytes go. Neither the list nor the memory may be touched after the call has completed: the memory usually belongs to a
    /// guest, and the caller reuses the list.
    /// </param>
    /// <param name="cancellationToken">Ends the call early; the contents of the buffers are then undefined.</param>
    /// <returns>A task that completes when every buffer is full. It is awaited once.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A part of the range lies outside the storage.</exception>
    /// <exception cref="IOException">Not all bytes could be read; the contents of the buffers are then undefined.</exception>
    ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default);
}
