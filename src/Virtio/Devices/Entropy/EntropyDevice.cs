using System.Security.Cryptography;
using Virtio.Queues;

namespace Virtio.Devices.Entropy;

/// <summary>
/// An entropy device (virtio 1.4, 5.4): fills every buffer with random bytes from the host's cryptographic generator.
/// </summary>
public sealed class EntropyDevice : IVirtioDevice
{
    // More than any driver asks for at a time. It bounds the work of one request, because a chain may name the same page many times.
    private const int MaximumBytes = 64 * 1024;

    private QueueWorker? _worker;
    private DeviceActivation? _activation;

    /// <inheritdoc/>
    public DeviceId Id => DeviceId.Entropy;

    /// <inheritdoc/>
    public ulong Features => 0;

    /// <inheritdoc/>
    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault;

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => [64];

    /// <inheritdoc/>
    public void Activate(DeviceActivation activation) => _activation = activation;

    /// <inheritdoc/>
    public void StartQueue(int index, Virtqueue queue) =>
        _worker = QueueWorker.Start("virtio-entropy", queue, _activation!, FillWithRandomBytes);

    /// <inheritdoc/>
    public void StopQueue(int index) => _worker?.Stop();

    /// <inheritdoc/>
    public void Reset() => _worker = null;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Fills guest memory in place: this needs no copy, and no allocation of a size that the guest chooses.
    internal static void FillWithRandomBytes(DescriptorChain chain)
    {
        while (chain.Writer.Written < MaximumBytes && chain.Writer.TryGetSpan(out Span<byte> room))
        {
            Span<byte> piece = room[..(int)Math.Min(room.Length, MaximumBytes - chain.Writer.Written)];
            RandomNumberGenerator.Fill(piece);
            chain.Writer.Advance(piece.Length);
        }

        chain.Complete();
    }
}
