using System.Runtime.Versioning;
using Virtio.Devices.Block;
using Virtio.Storage;

namespace Virtio.VhostUser.Tests;

/// <summary>A disk in memory whose first sector is all sevens, served at a new path.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ServedDisk : IAsyncDisposable
{
    internal const ulong Version1 = 1UL << 32;
    internal const ulong Sectors = 2048;
    internal const ulong ProtocolFeatures = 1UL << 30;

    private readonly string _folder = Directory.CreateTempSubdirectory("vhost-user").FullName;

    private ServedDisk(IBlockStorage storage, VhostUserServerOptions? options)
    {
        SocketPath = Path.Combine(_folder, "socket");
        Server = VhostUserServer.Listen(new BlockDevice(storage, new BlockDeviceOptions { Queues = 2 }), SocketPath, options);
    }

    internal string SocketPath { get; }

    internal VhostUserServer Server { get; }

    internal static async Task<ServedDisk> StartAsync(VhostUserServerOptions? options = null)
    {
        var storage = new MemoryStorage((long)Sectors * 512);
        await storage.WriteAsync(0, [Enumerable.Repeat((byte)7, 512).ToArray()]);
        return new ServedDisk(storage, options);
    }

    internal RawFrontend Connect() => new(SocketPath);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
