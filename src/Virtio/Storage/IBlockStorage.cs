namespace Virtio.Storage;

/// <summary>
/// What a block device stands on: a run of bytes of a fixed length, read by position.
/// </summary>
/// <remarks>
/// An implementation holds no cursor and must accept many calls at once, from any thread. It knows nothing of virtio.
/// Implement this for a read-only storage, <see cref="IWritableBlockStorage"/> for one that can be written.
/// </remarks>
public interface IBlockStorage : IAsyncDisposable
{
    /// <summary>
    /// The length in bytes; while the storage is in use only <see cref="Remeasure"/> changes it. It need not be a multiple of a sector:
    /// a block device offers only the whole sectors.
    /// </summary>
    long Length { get; }

    /// <summary>
    /// Looks again how long that is on which the storage stands, where it can become longer or shorter. Calls that are under way beyond a new end may fail.
    /// A device says so to its driver when it is asked to: <see cref="Devices.Block.BlockDevice.Remeasure"/>.
    /// </summary>
    /// <returns>The length from now on.</returns>
    /// <exception cref="IOException">It cannot be told; the length stays as it was.</exception>
    long Remeasure() => Length;

    /// <summary>Reads the bytes from <paramref name="offset"/> on into <paramref name="buffers"/>, filling each of them in order.</summary>
    /// <param name="offset">The position of the first byte, 0 to <see cref="Length"/>.</param>
    /// <param name="buffers">
    /// Where the bytes go. Neither the list nor the memory may be touched after the call has completed: the memory is
    /// commonly a guest's own, and the caller uses the list again.
    /// </param>
    /// <param name="cancellationToken">Ends the call early; what the buffers then hold is undefined.</param>
    /// <returns>A task that completes when every buffer is full. It is awaited once.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A part of the range lies outside the storage.</exception>
    /// <exception cref="IOException">The bytes could not all be had; what the buffers then hold is undefined.</exception>
    ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default);
}
