using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Virtio.VhostUser;

namespace Virtio.Cli.Serving;

/// <summary>A device that is open and then served. Disposal makes its writes durable, and restores what it has changed.</summary>
[SupportedOSPlatform("linux")]
internal sealed class Service : IAsyncDisposable
{
    private readonly ServedDevice _what;
    private readonly OpenDevice _open;
    private readonly ILogger _logger;
    private readonly DiskRemeasuring _remeasuring;

    // The server; null until Start.
    private VhostUserServer? _server;

    private Service(ServedDevice what, OpenDevice open, ILogger logger)
    {
        _what = what;
        _open = open;
        _logger = logger;
        _remeasuring = new DiskRemeasuring(open.Device, Place);
    }

    /// <summary>Where it meets its front-ends, for messages.</summary>
    internal string Place => _what.Options.Place;

    /// <summary>Cancelled when the user at a console ends the server.</summary>
    internal CancellationToken Ended => _open.End?.Ended ?? CancellationToken.None;

    internal bool HasStandardStreams => _what.HasStandardStreams;

    /// <summary>How the user connects to a console and ends it; null where there is none.</summary>
    internal string? Hint => _open.End?.Hint;

    internal static async Task<Service> OpenAsync(ServedDevice what, ILogger logger, CancellationToken cancellationToken) =>
        new(what, await what.OpenAsync(logger, cancellationToken), logger);

    /// <summary>Starts to serve front-ends.</summary>
    internal void Start()
    {
        ServeOptions options = _what.Options;
        var how = new VhostUserServerOptions { Packed = _what.Ring.Features.HasFlag(VirtioFeatures.RingPacked), Logger = _logger };
        if (options.PollTime is { } time)
            how = how with { PollTime = time };
        how = how with { SocketGroup = options.SocketGroup, SocketMode = options.SocketMode ?? how.SocketMode };
        if (options.Socket is not null)
            _server = VhostUserServer.Listen(_open.Device, options.Socket, how);
        else if (options.Connect is not null)
            _server = VhostUserServer.Connect(_open.Device, options.Connect, how);
        else
            _server = VhostUserServer.Inherit(_open.Device, Inherited(options.Descriptor!.Value), how);
        _open.Begin();
    }

    /// <summary>The counters since the start.</summary>
    internal VhostUserStatistics ReadStatistics() => _server!.ReadStatistics();

    /// <summary>Waits until no more front-ends can connect, and the last one's output is passed on.</summary>
    internal async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _server!.Completion.WaitAsync(cancellationToken);
        await _open.FlushAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _remeasuring.Dispose();
        try
        {
            await (_server?.DisposeAsync() ?? _open.Device.DisposeAsync());
        }
        finally
        {
            if (_open.End is { } end)
                await end.DisposeAsync();
        }
    }

    private static Socket Inherited(int descriptor)
    {
        try
        {
            return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        }
        catch (SocketException e)
        {
            throw new CommandException($"--fd {descriptor}: that descriptor is no socket: {e.Message}", e);
        }
    }
}
