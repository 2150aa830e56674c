using System.Buffers.Binary;
using Virtio.Queues;

namespace Virtio.Devices.Console;

/// <summary>
/// A console (virtio 1.4, 5.3): one port between two streams, and more ports where <see cref="ConsoleDeviceOptions.Ports"/> or
/// <see cref="AddPort"/> adds them. A slow stream slows the guest, and a slow guest leaves the input where it is. No byte is lost in either
/// direction, also at a device reset. Input waits until the guest has opened the port. Thread-safe.
/// </summary>
public sealed class ConsoleDevice : IVirtioDevice
{
    private const int ControlReceiveQueue = 2;
    private const int ControlTransmitQueue = 3;
    private const int ConfigLength = 12;
    private const int PortCountOffset = 4;
    private const int EmergencyWriteOffset = 8;
    private const ushort QueueSize = 64;

    private readonly Lock _gate = new();
    private readonly ConfigSpace _config = new(ConfigLength);
    private readonly ushort[] _queueSizes;
    private readonly ConsoleSlot[] _slots;
    private readonly ConsoleControl _control;
    private readonly ConsolePort _first;
    private readonly ConsoleInputHold _hold;
    private readonly double _holdSeconds;

    // The driver's session; null while there is none. Guarded by the lock.
    private DeviceActivation? _activation;

    // Whether the size has changed since the driver was last told. Guarded by the lock.
    private bool _resized;

    // Whether it was logged that input is held back: once, as a guest can reset the device without end. The transport's thread.
    private bool _hasLoggedHold;
    private bool _disposed;

    /// <summary>Makes a console.</summary>
    /// <param name="options">Its streams and its size; without any, it reads nothing and discards what is written.</param>
    /// <exception cref="ArgumentException">A name cannot be that of a port, or is given twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="ConsoleDeviceOptions.MaxPortCount"/> is out of its range.</exception>
    public ConsoleDevice(ConsoleDeviceOptions? options = null)
    {
        options ??= new ConsoleDeviceOptions();
        int count = CheckPortCount(options);
        _hold = new ConsoleInputHold(options.InputHold, ReleaseInput);
        _holdSeconds = options.InputHold.TotalSeconds;
        _slots = [.. Enumerable.Range(0, count).Select(number => new ConsoleSlot(number))];
        _slots[0].Written = _hold.DriverWrote;
        _control = new ConsoleControl(_slots);
        _queueSizes = new ushort[2 * (count + 1)];
        _queueSizes.AsSpan().Fill(QueueSize);
        RingFeatures = options.RingFeatures;
        Span<byte> portCount = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(portCount, (uint)count);
        _config.Update(PortCountOffset, portCount);
        WriteSize(options.Columns, options.Rows);
        _first = AddPort(new ConsolePortOptions
        {
            Name = options.Name,
            Input = options.Input,
            Output = options.Output,
            IsConsole = options.IsConsole,
            Columns = options.Columns,
            Rows = options.Rows,
        });
        foreach (ConsolePortOptions port in options.Ports)
            AddPort(port);
    }

    /// <inheritdoc/>
    public DeviceId Id => DeviceId.Console;

    /// <inheritdoc/>
    public ulong Features => (ulong)(ConsoleFeatures.Size | ConsoleFeatures.Multiport | ConsoleFeatures.EmergencyWrite);

    /// <inheritdoc/>
    public VirtioFeatures RingFeatures { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => _queueSizes;

    /// <inheritdoc/>
    public uint ConfigGeneration => _config.Generation;

    /// <summary>
    /// The ports that there are now, by number. The first is number 0, the one of <see cref="ConsoleDeviceOptions.Input"/>.
    /// </summary>
    public IReadOnlyList<ConsolePort> Ports => _control.Ports;

    /// <summary>
    /// Serves every driver like one without MULTIPORT: for suites of tests that drive the queues of any device and do not open a port.
    /// </summary>
    internal bool IgnoresControl { get; init; }

    /// <summary>Adds a port; the guest sees it at once, or when its driver starts. Thread-safe.</summary>
    /// <param name="options">Its name and its streams.</param>
    /// <exception cref="ArgumentException">The name cannot be that of a port, or another port has it.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="ConsoleDeviceOptions.MaxPortCount"/> ports.</exception>
    public ConsolePort AddPort(ConsolePortOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ConsolePortName.Check(options.Name);
        return _control.Add(options.Name, slot => new ConsolePort(options, slot.Number, _control, slot.WakeReceiver));
    }

    /// <summary>
    /// Takes a port away from the guest, which sees it disappear. What the guest wrote before is written to the output, for a second at
    /// most if the stream does not take it; then both streams are left alone. What was read ahead from the input is lost. Thread-safe.
    /// </summary>
    /// <param name="port">A port of this device other than the first.</param>
    /// <exception cref="ArgumentException">It is the first port, or the device does not have it.</exception>
    public async Task RemovePortAsync(ConsolePort port)
    {
        ArgumentNullException.ThrowIfNull(port);
        if (port == _first)
            throw new ArgumentException("port 0 is that of the device itself and cannot be removed", nameof(port));
        _control.Remove(port);
        await port.DrainAsync().ConfigureAwait(false);
        await port.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Tells the guest the size of the first port's terminal, now or when its driver starts. Thread-safe.</summary>
    /// <param name="columns">Columns; 0 where the terminal has no size.</param>
    /// <param name="rows">Rows; 0 where the terminal has no size.</param>
    public void Resize(ushort columns, ushort rows)
    {
        _control.Resize(_first, columns, rows);
        lock (_gate)
        {
            if (!WriteSize(columns, rows))
                return;
            _resized = true;
            NotifyResized();
        }
    }

    /// <summary>
    /// Waits until all that the driver has handed over on the first port is in the output stream, or that stream has failed. Thread-safe.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the writing.</param>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _first.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public void ReadConfig(int offset, Span<byte> destination) => _config.Read(offset, destination);

    /// <summary>
    /// Takes the emergency write (virtio 1.4, 5.3.5.1): the low byte goes to the first port's output, at any time, whether or not the
    /// driver has started.
    /// </summary>
    /// <inheritdoc/>
    public void WriteConfig(int offset, ReadOnlySpan<byte> source)
    {
        int index = EmergencyWriteOffset - offset;
        if (index >= 0 && index < source.Length)
            _first.Output.WriteAtOnce(source[index]);
    }

    /// <inheritdoc/>
    public void Activate(DeviceActivation activation)
    {
        ArgumentNullException.ThrowIfNull(activation);
        bool isNegotiated = ((ConsoleFeatures)activation.Features).HasFlag(ConsoleFeatures.Multiport);
        _control.Activate(isNegotiated, activation.Logger);
        if (!isNegotiated || IgnoresControl)
            BeginWithoutControl(activation);
        lock (_gate)
        {
            _activation = activation;
            NotifyResized();
        }
    }

    /// <inheritdoc/>
    public void StartQueue(int index, Virtqueue queue)
    {
        if (index == ControlReceiveQueue)
            _control.StartSender(queue, _activation!);
        else if (index == ControlTransmitQueue)
            _control.StartReceiver(queue, _activation!);
        else if (IsReceive(index))
            SlotOf(index).StartReceiver(queue, _activation!);
        else
            SlotOf(index).StartTransmitter(queue, _activation!);
    }

    /// <inheritdoc/>
    public void StopQueue(int index)
    {
        if (index == ControlReceiveQueue)
            _control.StopSender();
        else if (index == ControlTransmitQueue)
            _control.StopReceiver();
        else if (IsReceive(index))
            SlotOf(index).StopReceiver();
        else
            SlotOf(index).StopTransmitter();
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _hold.Cancel();
        _control.Reset();
        lock (_gate)
            _activation = null;
    }

    /// <summary>
    /// Writes what is left to the outputs, for a second at most if a stream does not take it, and leaves the streams alone from then on.
    /// Call <see cref="FlushAsync"/> before to wait longer.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        ConsolePort[] ports = _control.Ports;
        await Task.WhenAll(ports.Select(port => port.DrainAsync())).ConfigureAwait(false);
        for (int index = 0; index < _queueSizes.Length; index++)
            StopQueue(index);
        _hold.Dispose();
        await Task.WhenAll(ports.Select(port => port.CloseAsync())).ConfigureAwait(false);
    }

    private static int CheckPortCount(ConsoleDeviceOptions options)
    {
        int initial = 1 + options.Ports.Count;
        int count = options.MaxPortCount ?? initial;
        return count >= initial && count <= ConsoleDeviceOptions.PortCountLimit
            ? count
            : throw new ArgumentOutOfRangeException(nameof(options), count,
                $"a console has room for {initial} (those given) to {ConsoleDeviceOptions.PortCountLimit} ports");
    }

    // Port 0 has queues 0 and 1, the control has 2 and 3, port 1 has 4 and 5, and so on (virtio 1.4, 5.3.2).
    private ConsoleSlot SlotOf(int queue) => _slots[queue < ControlReceiveQueue ? 0 : (queue / 2) - 1];

    private static bool IsReceive(int queue) => queue % 2 == 0;

    private void BeginWithoutControl(DeviceActivation activation)
    {
        if (_holdSeconds > 0 && !_hasLoggedHold)
        {
            _hasLoggedHold = true;
            ConsoleLog.InputIsHeld(activation.Logger, _holdSeconds);
        }

        _hold.Begin();
    }

    private void ReleaseInput()
    {
        _first.SetOpen(true);
        _slots[0].WakeReceiver();
    }

    // A size that changed while no driver ran, or while it was starting and had read the old one, is announced as soon as one runs.
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
