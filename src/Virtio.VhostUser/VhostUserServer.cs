using System.Net.Sockets;
using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// Serves one device over vhost-user to front-ends (QEMU, Cloud Hypervisor, crosvm, Firecracker, User-Mode Linux), one after another, on
/// its own thread. A front-end that sends malformed messages or breaks its rings ends at most its own connection. The server owns the
/// device. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class VhostUserServer : IAsyncDisposable
{
    private readonly IVirtioDevice _device;
    private readonly VhostUserServerOptions _options;
    private readonly PacedLogger _logger;
    private readonly FrontendSource _source;
    private readonly ServerCounters _counters;
    private readonly AbandonedRings _abandoned = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _disposed;

    private VhostUserServer(IVirtioDevice device, FrontendSource source, VhostUserServerOptions? options)
    {
        _device = device;
        _source = source;
        _options = options ?? new VhostUserServerOptions();
        _logger = new PacedLogger(_options.Logger, TimeProvider.System);
        _counters = new ServerCounters(device, this);
        new Thread(Run) { Name = $"vhost-user {device.Id}", IsBackground = true }.Start();
    }

    /// <summary>
    /// Completes when no front-end can connect any more: after the one connection that was inherited, and after disposal.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>The counters so far: those of the server's <see cref="VirtioMetrics"/> and some more. Works after disposal too.</summary>
    public VhostUserStatistics ReadStatistics() => _counters.Read();

    /// <summary>Waits for front-ends at a path. A socket that a dead process has left there is replaced.</summary>
    /// <param name="device">The device; the server owns it.</param>
    /// <param name="path">Path of the socket. An option says which processes may connect; by default those of the same user.</param>
    /// <param name="options">How the device is served.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="IOException">The server cannot listen at the path; the caller still owns the device.</exception>
    public static VhostUserServer Listen(IVirtioDevice device, string path, VhostUserServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        options ??= new VhostUserServerOptions();
        options.Check();
        FrontendSource source = FrontendSource.Listening(UnixListening.Start(path, options.SocketMode, options.SocketGroup), path);
        return new VhostUserServer(device, source, options);
    }

    /// <summary>Serves the front-ends of a socket that another process has made: a listening socket or a single connection.</summary>
    /// <param name="device">The device; the server owns it.</param>
    /// <param name="socket">A Unix stream socket; the server owns it.</param>
    /// <param name="options">How the device is served.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static VhostUserServer Inherit(IVirtioDevice device, Socket socket, VhostUserServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(socket);
        options?.Check();
        return new VhostUserServer(device, FrontendSource.Inherited(socket), options);
    }

    /// <summary>
    /// Connects to a front-end that listens at a path. Retries until the front-end listens, and connects again after it has disconnected.
    /// </summary>
    /// <param name="device">The device; the server owns it.</param>
    /// <param name="path">Path of the front-end's socket.</param>
    /// <param name="options">How the device is served.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static VhostUserServer Connect(IVirtioDevice device, string path, VhostUserServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options?.Check();
        return new VhostUserServer(device, FrontendSource.Connecting(path), options);
    }

    /// <summary>Ends the connection, cancels requests under way, and disposes the device, which makes its writes durable.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            await _completion.Task.ConfigureAwait(false);
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _completion.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _source.Dispose();
        _stop.Dispose();
        _counters.Dispose();
        await _device.DisposeAsync().ConfigureAwait(false);
    }

    private void Run()
    {
        try
        {
            VhostUserLog.Waiting(_logger, _device.Id, _source.Place);
            while (_source.Next(_stop.Token) is { } socket)
                Serve(socket);
            _completion.SetResult();
        }
        catch (OperationCanceledException)
        {
            _completion.SetResult();
        }
        catch (Exception e)
        {
            _completion.SetException(e);
        }
    }

    private void Serve(DescriptorSocket socket)
    {
        VhostUserLog.Connected(_logger, _device.Id);
        _counters.Connections++;
        using DescriptorSocket connection = socket;
        if (_abandoned.Collect() is { } refusal)
        {
            VhostUserLog.Lost(_logger, _device.Id, refusal, exception: null);
            return;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var options = new SessionOptions(_options.Packed, _options.PollTime, _options.DrainTime, _options.CancelTime, _logger)
        {
            Withheld = _options.Withheld,
        };
        using var session = new Session(_device, options, _counters, connection.HasEnded, _abandoned, ended.Token);
        using CancellationTokenRegistration stopping = _stop.Token.Register(connection.Shutdown);
        try
        {
            new FrontendConnection(connection, session, _logger).Run();
            VhostUserLog.Gone(_logger, _device.Id);
        }
        catch (IOException e)
        {
            VhostUserLog.Lost(_logger, _device.Id, e.Message, e);
        }
    }
}
