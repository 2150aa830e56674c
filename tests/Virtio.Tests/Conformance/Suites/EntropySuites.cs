using Virtio.Tests.Testbed;

namespace Virtio.Tests.Conformance.Suites;

public sealed class EntropyQueueTests() : QueueConformance(new EntropyKind());

public sealed class EntropyDeviceTests() : DeviceConformance(new EntropyKind());

public sealed class EntropyTransportTests() : TransportConformance(new EntropyKind());
