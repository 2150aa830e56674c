using System.Runtime.Versioning;
using Virtio.Testing.Conformance;

namespace Virtio.VhostUser.Tests;

// The standard's requirements for every device also hold for a device whose queues another process serves.
[SupportedOSPlatform("linux")]
public sealed class RemoteBlockQueueTests : QueueConformance, IDisposable
{
    private readonly RemoteBlockKind _kind;

    public RemoteBlockQueueTests()
        : this(new RemoteBlockKind())
    {
    }

    private RemoteBlockQueueTests(RemoteBlockKind kind)
        : base(kind) => _kind = kind;

    public void Dispose() => _kind.Dispose();
}

[SupportedOSPlatform("linux")]
public sealed class RemoteBlockDeviceTests : DeviceConformance, IDisposable
{
    private readonly RemoteBlockKind _kind;

    public RemoteBlockDeviceTests()
        : this(new RemoteBlockKind())
    {
    }

    private RemoteBlockDeviceTests(RemoteBlockKind kind)
        : base(kind) => _kind = kind;

    public void Dispose() => _kind.Dispose();
}

[SupportedOSPlatform("linux")]
public sealed class RemoteBlockTransportTests : TransportConformance, IDisposable
{
    private readonly RemoteBlockKind _kind;

    public RemoteBlockTransportTests()
        : this(new RemoteBlockKind())
    {
    }

    private RemoteBlockTransportTests(RemoteBlockKind kind)
        : base(kind) => _kind = kind;

    public void Dispose() => _kind.Dispose();
}
