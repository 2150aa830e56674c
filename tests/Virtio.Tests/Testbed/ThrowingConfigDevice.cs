using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Tests.Testbed;

/// <summary>A device whose code for configuration space throws.</summary>
internal sealed class ThrowingConfigDevice : IVirtioDevice
{
    public DeviceId Id => ProbeDevice.ProbeId;

    public ulong Features => 0;

    public ReadOnlySpan<ushort> QueueSizes => [8];

    public uint ConfigGeneration => throw new InvalidOperationException("no generation");

    public void ReadConfig(int offset, Span<byte> destination) => throw new ArgumentOutOfRangeException(nameof(offset));

    public void WriteConfig(int offset, ReadOnlySpan<byte> source) => throw new ArgumentOutOfRangeException(nameof(offset));

    public void Activate(DeviceActivation activation)
    {
    }

    public void StartQueue(int index, Virtqueue queue)
    {
    }

    public void StopQueue(int index)
    {
    }

    public void Reset()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
