using Virtio.Tests.Testbed;

namespace Virtio.Tests.Conformance.Suites;

public sealed class ConsoleInputQueueTests() : QueueConformance(new ConsoleInputKind());

public sealed class ConsoleInputDeviceTests() : DeviceConformance(new ConsoleInputKind());

public sealed class ConsoleInputTransportTests() : TransportConformance(new ConsoleInputKind());
