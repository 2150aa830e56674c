using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Testing.Conformance;

/// <summary>
/// Wraps a device and offers other ring features in its place. A device does not know its rings, so it must work with all of them.
/// </summary>
internal sealed class OfferedRing(IVirtioDevice device, VirtioFeatures features) : IVirtioDevice
{
    /// <summary>The device.</summary>
    internal IVirtioDevice Device => device;

    public DeviceId Id => device.Id;

    public ulong Features => device.Features;

    public VirtioFeatures RingFeatures => features;

    public ReadOnlySpan<ushort> QueueSizes => device.QueueSizes;

    public bool NeedsSharedMemory => device.NeedsSharedMemory;

    public uint ConfigGeneration => device.ConfigGeneration;

    public void ReadConfig(int offset, Span<byte> destination) => device.ReadConfig(offset, destination);

    public void WriteConfig(int offset, ReadOnlySpan<byte> source) => device.WriteConfig(offset, source);

    public void Activate(DeviceActivation activation) => device.Activate(activation);

    public void StartQueue(int index, Virtqueue queue) => device.StartQueue(index, queue);

    public void StopQueue(int index) => device.StopQueue(index);

    public void Reset() => device.Reset();

    public ValueTask DisposeAsync() => device.DisposeAsync();
}
