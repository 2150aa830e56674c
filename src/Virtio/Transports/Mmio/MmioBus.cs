using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Virtio.Devices;
using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.Transports.Mmio;

/// <summary>
/// A virtio-mmio bus (virtio 1.4, 4.2): devices side by side in guest-physical address space, with one interrupt each. It works with any
/// virtual machine monitor, which passes the guest's accesses to <see cref="HandleMmio"/>, from any number of threads.
/// </summary>
public sealed class MmioBus : IAsyncDisposable
{
    private readonly MmioBusOptions _options;
    private readonly MmioDevice[] _decoders;
    private readonly MmioBusDevice[] _devices;
    private readonly List<QueueSignal> _signals = [];
    private readonly TransportMetrics _metrics;
    private int _disposed;

    /// <summary>Creates a bus with devices. The bus owns the devices from now on, unless the constructor throws.</summary>
    /// <param name="options">Addresses and interrupts.</param>
    /// <param name="memory">Guest RAM. The caller owns it, and disposes it after the bus.</param>
    /// <param name="devices">The devices, in order of address.</param>
    /// <param name="setInterrupt">
    /// Asserts or deasserts an interrupt line, by number; level-triggered; called from any thread. It must neither throw nor reset a
    /// device, because the workers that a reset waits for call it.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message says which.</exception>
    /// <exception cref="ArgumentException">A device is null, is given twice, or has a queue that is too large.</exception>
    public MmioBus(MmioBusOptions options, GuestMemory memory, IEnumerable<IVirtioDevice> devices, Action<int, bool> setInterrupt)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(devices);
        ArgumentNullException.ThrowIfNull(setInterrupt);
        _options = options;
        _devices = [.. devices.Select(Place)];
        MmioBusValidation.Check(options, _devices);
        _metrics = new TransportMetrics(this);
        try
        {
            _decoders = [.. _devices.Select((placed, index) => new MmioDevice(new TransportDevice(
                placed.Device,
                memory,
                asserted => setInterrupt(placed.Interrupt, asserted),
                queue => CreateSignal(index, queue),
                LoggerOf(index))
            {
                PollTime = options.PollTime,
                StopLimit = options.StopLimit,
                Duration = _metrics.DurationOf(index, placed.Device.Id),
            }))];
            _metrics.Add(_decoders.SelectMany((decoder, index) => decoder.Transport.CountedQueues(index)));
        }
        catch
        {
            _metrics.Dispose();
            _signals.ForEach(signal => signal.Dispose());
            throw;
        }
    }

    /// <summary>The devices and their places on the bus.</summary>
    public IReadOnlyList<MmioBusDevice> Devices => _devices;

    /// <summary>
    /// Carries out one access of the guest. No access makes it throw: every width and offset has a defined result.
    /// </summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="data">The bytes to write, or the room to read into, in guest (little-endian) order.</param>
    /// <param name="isWrite">Write or read.</param>
    /// <returns>False when no device lies at that address; the data of a read is then zeroed.</returns>
    public bool HandleMmio(ulong address, Span<byte> data, bool isWrite)
    {
        ulong offset = unchecked(address - _options.BaseAddress);
        ulong index = offset / _options.DeviceSize;
        if (address < _options.BaseAddress || index >= (ulong)_decoders.Length)
        {
            if (!isWrite)
                data.Clear();
            return false;
        }

        int register = (int)(offset % _options.DeviceSize);
        if (isWrite)
            _decoders[index].Write(register, data);
        else
            _decoders[index].Read(register, data);
        return true;
    }

    /// <summary>
    /// Drains a queue, stops serving it, and returns its position in the ring. The driver only sees a pause: its kicks do nothing until
    /// <see cref="ResumeQueue"/>, after which the worker looks for requests without a kick. Thread-safe.
    /// </summary>
    /// <param name="device">Index of the device on the bus.</param>
    /// <param name="queue">Index of the queue in its device.</param>
    /// <param name="timeout">How long to wait for the requests in flight; none is cancelled.</param>
    /// <returns>
    /// The position to continue from. Null when the queue is not being served, or when a request did not complete in time and the queue
    /// therefore continues.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such device or queue.</exception>
    public QueueState? SuspendQueue(int device, int queue, TimeSpan timeout) =>
        TransportOf(device, queue).SuspendQueue((uint)queue, timeout);

    /// <summary>Serves a suspended queue again, from its position in the ring. Thread-safe.</summary>
    /// <param name="device">Index of the device on the bus.</param>
    /// <param name="queue">Index of the queue in its device.</param>
    /// <param name="state">What <see cref="SuspendQueue"/> returned.</param>
    /// <returns>
    /// False when the queue is not suspended, for example because the driver has reset it since, or when the state does not fit its ring.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such device or queue.</exception>
    public bool ResumeQueue(int device, int queue, QueueState state) => TransportOf(device, queue).ResumeQueue((uint)queue, state);

    /// <summary>
    /// Resets every device, which joins its workers, then disposes every device. When one fails, the others are still disposed, and the
    /// exception is thrown at the end.
    /// </summary>
    /// <exception cref="QueueStopException">A device did not stop a queue within <see cref="MmioBusOptions.StopLimit"/>.</exception>
    /// <exception cref="AggregateException">Several devices could not be stopped or disposed.</exception>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;

        // All devices are reset before the first is disposed: from then on nothing touches guest memory any more, even if disposing fails.
        foreach (MmioDevice decoder in _decoders)
            decoder.Transport.ForceReset();
        List<Exception> failures = [.. _decoders.Select(decoder => decoder.Transport.Lost).OfType<QueueStopException>()];

        // Signals are kept when a queue did not stop, because its worker still waits for one.
        bool isStopped = failures.Count == 0;
        for (int i = 0; i < _devices.Length; i++)
        {
            try
            {
                await DisposeDeviceAsync(i).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                failures.Add(e);
            }
        }

        _metrics.Dispose();
        if (isStopped)
            _signals.ForEach(signal => signal.Dispose());
        if (failures.Count == 1)
            ExceptionDispatchInfo.Throw(failures[0]);
        if (failures.Count > 1)
            throw new AggregateException(failures);
    }

    private async Task DisposeDeviceAsync(int index)
    {
        Task disposal = _devices[index].Device.DisposeAsync().AsTask();

        // The disposal of a lost device may never end either, so it is awaited only up to the limit.
        bool isLost = _decoders[index].Transport.Lost is not null;
        if (isLost)
            await Task.WhenAny(disposal, Task.Delay(_options.StopLimit)).ConfigureAwait(false);
        if (!isLost || disposal.IsCompleted)
            await disposal.ConfigureAwait(false);
    }

    private ILogger LoggerOf(int device) => _options.CreateLogger?.Invoke(device) ?? _options.Logger;

    private TransportDevice TransportOf(int device, int queue)
    {
        if (device < 0 || device >= _decoders.Length)
            throw new ArgumentOutOfRangeException(nameof(device), device, $"the bus has {_decoders.Length} devices, numbered from 0");
        int queues = _devices[device].Device.QueueSizes.Length;
        return queue >= 0 && queue < queues
            ? _decoders[device].Transport
            : throw new ArgumentOutOfRangeException(nameof(queue), queue, $"device {device} has {queues} queues, numbered from 0");
    }

    private QueueSignal CreateSignal(int device, int queue)
    {
        QueueSignal signal = _options.CreateSignal?.Invoke(device, queue) ?? new ProcessSignal();
        _signals.Add(signal);
        return signal;
    }

    // A null device is refused by MmioBusValidation right after this.
    private MmioBusDevice Place(IVirtioDevice? device, int index) => new(
        device!,
        _options.BaseAddress + ((ulong)index * _options.DeviceSize),
        _options.DeviceSize,
        _options.FirstInterrupt + index);
}
