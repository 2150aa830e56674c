using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Queues;

namespace Virtio.Devices.Console;

/// <summary>
/// A console of one port (virtio 1.4, 5.3) between two streams. Slow streams slow the guest and a slow guest leaves the input where it is; in neither
/// direction is a byte lost, a device reset included. Thread-safe.
/// </summary>
public sealed class ConsoleDevice : IVirtioDevice
{
    private const int ReceiveQueue = 0;
    private const int ConfigLength = 12;
    private const int EmergencyWriteOffset = 8;

    // How long disposing waits for output that a stream does not take, and for a stream that ignores cancellation.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CloseTime = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly ConfigSpace _config = new(ConfigLength);
    private readonly ConsoleInput _input;
    private readonly ConsoleOutput _output;
    private volatile ILogger _logger = NullLogger.Instance;
    private DeviceActivation? _activation;
    private bool _resized;
    private bool _disposed;

    /// <summary>Makes a console.</summary>
    /// <param name="options">Its streams and its size; without any, it reads nothing and discards what is written.</param>
    public ConsoleDevice(ConsoleDeviceOptions? options = null)
    {
        options ??= new ConsoleDeviceOptions();
        _input = new ConsoleInput(options.Input, options.InputHold, e => ConsoleLog.InputFailed(_logger, e.Message, e));
        _output = new ConsoleOutput(options.Output, _input.DriverWrote, e => ConsoleLog.OutputFailed(_logger, e.Message, e));
        RingFeatures = options.RingFeatures;
        WriteSize(options.Columns, options.Rows);
    }

    /// <inheritdoc/>
    public DeviceId Id => DeviceId.Console;

    /// <inheritdoc/>
    public ulong Features => (ulong)(ConsoleFeatures.Size | ConsoleFeatures.EmergencyWrite);

    /// <inheritdoc/>
    public VirtioFeatures RingFeatures { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => [64, 64];

    /// <inheritdoc/>
    public uint ConfigGeneration => _config.Generation;

    /// <summary>Tells the guest the terminal's size, now or when its driver starts. Thread-safe.</summary>
    /// <param name="columns">Columns; 0 where the terminal has no size.</param>
    /// <param name="rows">Rows; 0 where the terminal has no size.</param>
    public void Resize(ushort columns, ushort rows)
    {
        lock (_gate)
        {
            if (!WriteSize(columns, rows))
                return;
            _resized = true;
            NotifyResized();
        }
    }

    /// <summary>Waits until everything the driver has handed over is in the output stream, or that stream has failed. Thread-safe.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the writing.</param>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _output.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public void ReadConfig(int offset, Span<byte> destination) => _config.Read(offset, destination);

    /// <summary>Takes the emergency write (virtio 1.4, 5.3.5.1): the low byte goes to the output, at any time, whether or not the driver has started.</summary>
    /// <inheritdoc/>
    public void WriteConfig(int offset, ReadOnlySpan<byte> source)
    {
        int index = EmergencyWriteOffset - offset;
        if (index >= 0 && index < source.Length)
            _output.WriteAtOnce(source[index]);
    }

    /// <inheritdoc/>
    public void Activate(DeviceActivation activation)
    {
        ArgumentNullException.ThrowIfNull(activation);
        _logger = activation.Logger;
        lock (_gate)
        {
            _activation = activation;
            NotifyResized();
        }
    }

    /// <inheritdoc/>
    public void StartQueue(int index, Virtqueue queue)
    {
        if (index == ReceiveQueue)
            _input.StartQueue(queue, _activation!);
        else
            _output.StartQueue(queue, _activation!);
    }

    /// <inheritdoc/>
    public void StopQueue(int index)
    {
        if (index == ReceiveQueue)
            _input.StopQueue();
        else
            _output.StopQueue();
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_gate)
            _activation = null;
    }

    /// <summary>
    /// Writes what is left to the output, for a second at most if the stream does not take it, and leaves the streams alone from then on.
    /// Call <see cref="FlushAsync"/> before to wait longer.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await Task.WhenAny(_output.FlushAsync(CancellationToken.None), Task.Delay(DrainTime)).ConfigureAwait(false);
        Task closed = Task.WhenAll(_output.CloseAsync(), _input.CloseAsync());
        await Task.WhenAny(closed, Task.Delay(CloseTime)).ConfigureAwait(false);
    }

    // A size that changed while no driver ran, or while it was starting and had read the old one, is announced as soon as one does.
    private void NotifyResized()
    {
        if (!_resized || _activation is not { } activation)
            return;
        _resized = false;
        if (((ConsoleFeatures)activation.Features).HasFlag(ConsoleFeatures.Size))
            activation.NotifyConfigChanged();
    }

    private bool WriteSize(ushort columns, ushort rows)
    {
        Span<byte> size = stackalloc byte[2 * sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(size, columns);
        BinaryPrimitives.WriteUInt16LittleEndian(size[sizeof(ushort)..], rows);
        return _config.Update(0, size);
    }
}
