using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Storage;

namespace Virtio.VhostUser.Tests;

/// <summary>A device, by default a small disk, that is served to any front-end that connects.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ServedAlone : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vhost-user").FullName;
    private readonly VhostUserServer _server;

    internal ServedAlone(IVirtioDevice? device = null, VhostUserServerOptions? options = null)
    {
        Device = device ?? new BlockDevice(new MemoryStorage(1 << 20));
        Path = System.IO.Path.Combine(_folder, "socket");
        _server = VhostUserServer.Listen(Device, Path, options);
    }

    internal IVirtioDevice Device { get; }

    internal string Path { get; }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
