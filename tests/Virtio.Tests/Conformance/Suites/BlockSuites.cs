using Virtio.Tests.Testbed;

namespace Virtio.Tests.Conformance.Suites;

public sealed class BlockQueueTests() : QueueConformance(new BlockKind());

public sealed class BlockDeviceTests() : DeviceConformance(new BlockKind());

public sealed class BlockTransportTests() : TransportConformance(new BlockKind());
