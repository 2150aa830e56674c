using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Testing.Conformance;

/// <summary>Any device, with other ring features than it offers by itself: it does not know of rings, so it has to work with all.</summary>
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
