using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.VhostUser.Tests;

/// <summary>
/// A device of a type that the library does not know: three queues that echo, and a configuration space of 20 bytes that a driver may
/// write.
/// </summary>
internal sealed class OtherDevice : IVirtioDevice
{
    internal const DeviceId Type = (DeviceId)9999;
    internal const int ConfigLength = 20;

    private readonly ConfigSpace _config = new(ConfigLength);
    private readonly QueueWorker?[] _workers = new QueueWorker?[3];
    private DeviceActivation? _activation;

    internal OtherDevice() => _config.Update(0, Enumerable.Range(1, ConfigLength).Select(value => (byte)value).ToArray());

    public DeviceId Id => Type;

    public ulong Features => 1;

    public ReadOnlySpan<ushort> QueueSizes => [64, 64, 64];

    public uint ConfigGeneration => _config.Generation;

    public void ReadConfig(int offset, Span<byte> destination) => _config.Read(offset, destination);

    public void WriteConfig(int offset, ReadOnlySpan<byte> source)
    {
        if (offset + source.Length <= ConfigLength)
            _config.Update(offset, source);
    }

    public void Activate(DeviceActivation activation) => _activation = activation;

    public void StartQueue(int index, Virtqueue queue) => _workers[index] = QueueWorker.Start("other", queue, _activation!, Echo);

    public void StopQueue(int index) => _workers[index]?.Stop();

    public void Reset() => Array.Clear(_workers);

    public ValueTask DisposeAsync()
    {
        Array.ForEach(_workers, worker => worker?.Stop());
        return ValueTask.CompletedTask;
    }

    private static void Echo(DescriptorChain chain)
    {
        byte[] bytes = new byte[chain.Reader.Remaining];
        chain.Reader.TryRead(bytes);
        chain.Writer.TryWrite(bytes);
        chain.Complete();
    }
}
