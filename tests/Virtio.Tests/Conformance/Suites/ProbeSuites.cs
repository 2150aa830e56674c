using Virtio.Tests.Testbed;

namespace Virtio.Tests.Conformance.Suites;

public sealed class ProbeQueueTests() : QueueConformance(new ProbeKind());

public sealed class ProbeDeviceTests() : DeviceConformance(new ProbeKind());

public sealed class ProbeTransportTests() : TransportConformance(new ProbeKind());
