// A custom device. UpperCaseTests.cs tests it.
using Virtio.Devices;
using Virtio.Queues;

namespace OwnDevice;

/// <summary>Answers every request with its bytes in upper case.</summary>
internal sealed class UpperCaseDevice : IVirtioDevice
{
    private DeviceActivation? _activation;
    private QueueWorker? _worker;

    // An id that no standard device has.
    public DeviceId Id => (DeviceId)0xfff0;

    public ulong Features => 0;

    public ReadOnlySpan<ushort> QueueSizes => [16];

    public void Activate(DeviceActivation activation) => _activation = activation;

    public void StartQueue(int index, Virtqueue queue) => _worker = QueueWorker.Start("upper-case", queue, _activation!, Answer);

    public void StopQueue(int index) => _worker?.Stop();

    public void Reset() => _worker = null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Answer(DescriptorChain chain)
    {
        Span<byte> letter = stackalloc byte[1];
        while (chain.Writer.Remaining > 0 && chain.Reader.TryRead(letter))
            chain.Writer.TryWrite([letter[0] is >= (byte)'a' and <= (byte)'z' ? (byte)(letter[0] - 32) : letter[0]]);
        chain.Complete();
    }
}
