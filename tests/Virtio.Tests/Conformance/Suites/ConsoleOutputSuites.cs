using Virtio.Tests.Testbed;

namespace Virtio.Tests.Conformance.Suites;

public sealed class ConsoleOutputQueueTests() : QueueConformance(new ConsoleOutputKind());

public sealed class ConsoleOutputDeviceTests() : DeviceConformance(new ConsoleOutputKind());

public sealed class ConsoleOutputTransportTests() : TransportConformance(new ConsoleOutputKind());
