using Virtio.Devices;
using Virtio.Linux;

namespace Virtio.VhostUser;

/// <summary>What a queue needs to fail the driver's requests while its back-end stays away.</summary>
/// <param name="Activation">The device's activation by the driver.</param>
/// <param name="Watch">Waits for the driver's notifications.</param>
/// <param name="Record">The in-flight record; null where queues are relayed.</param>
internal sealed record FailingContext(DeviceActivation Activation, DescriptorWatch Watch, InflightShare? Record);
