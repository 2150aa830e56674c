using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>A device that serves its queues once, when they are started, on the thread that starts them.</summary>
internal sealed class MessageDevice : IVirtioDevice, IDisposable
{
    private const int MaximumFill = 64;
    private const int ConfigLength = 32;

    private readonly ConfigSpace _config = new(ConfigLength);
    private DeviceActivation? _activation;

    public DeviceId Id => DeviceId.Block;

    public ulong Features => 0xf;

    public VirtioFeatures RingFeatures => VirtioFeatures.RingDefault | VirtioFeatures.RingPacked | VirtioFeatures.InOrder;

    public ReadOnlySpan<ushort> QueueSizes => [64, 64];

    public void ReadConfig(int offset, Span<byte> destination) => _config.Read(offset, destination);

    public void WriteConfig(int offset, ReadOnlySpan<byte> source)
    {
        if (offset + source.Length <= ConfigLength && _config.Update(offset, source))
            _activation?.NotifyConfigChanged();
    }

    public void Activate(DeviceActivation activation) => _activation = activation;

    public void StartQueue(int index, Virtqueue queue)
    {
        queue.BindToCurrentThread();
        for (int i = 0; i < queue.Size && queue.TryDequeue(out DescriptorChain chain); i++)
        {
            while (chain.Reader.TryGetSpan(out ReadOnlySpan<byte> bytes))
                chain.Reader.Advance(bytes.Length);
            while (chain.Writer.TryGetSpan(out Span<byte> room))
            {
                room[..Math.Min(MaximumFill, room.Length)].Fill(0xcc);
                chain.Writer.Advance(room.Length);
            }

            // One in four stays in flight forever.
            if (i % 4 != 3)
                chain.Complete();
        }

        queue.Publish();
        queue.RequestKicks();
    }

    public void StopQueue(int index)
    {
    }

    public void Reset() => _activation = null;

    public void Dispose()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
