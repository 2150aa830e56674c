using Virtio.Devices;
using Virtio.Linux;

namespace Virtio.VhostUser;

/// <summary>What a queue needs to fail the requests of a driver whose back-end stays away.</summary>
/// <param name="Activation">The driver's session.</param>
/// <param name="Watch">Waits for kicks.</param>
/// <param name="Record">What is in flight; null where queues are relayed.</param>
internal sealed record FailingContext(DeviceActivation Activation, DescriptorWatch Watch, InflightShare? Record);
