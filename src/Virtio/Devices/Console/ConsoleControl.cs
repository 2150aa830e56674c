using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Queues;

namespace Virtio.Devices.Console;

/// <summary>
/// The control queues of a console (virtio 1.4, 5.3.6.2): tells the driver of the ports, and records what the driver says of them. What is
/// still to be told is a set of flags for each port number, so that a driver that asks again and again, or gives no buffers, makes nothing
/// grow. Thread-safe.
/// </summary>
internal sealed class ConsoleControl
{
    private readonly Lock _gate = new();
    private readonly ConsoleSlot[] _slots;

    // The number after that of the last port that was added: a number is used again as late as possible. Guarded by the lock.
    private int _next;

    // Whether the driver accepted MULTIPORT, and whether it has said that it takes messages. Guarded by the lock.
    private bool _isNegotiated;
    private bool _isDriverReady;

    // Whether a message was logged that the driver cannot take; once is enough, as the guest may repeat it without end. Guarded by the
    // lock.
    private bool _hasComplained;

    // Set and cleared by the transport's thread; the sender is read by each thread that has something to send.
    private volatile QueueWorker? _sender;
    private QueueWorker? _receiver;

    internal ConsoleControl(ConsoleSlot[] slots) => _slots = slots;

    /// <summary>Where the ports log: that of the latest activation.</summary>
    internal ILogger Logger { get; private set; } = NullLogger.Instance;

    /// <summary>The ports that there are, by number.</summary>
    internal ConsolePort[] Ports
    {
        get
        {
            lock (_gate)
                return [.. _slots.Select(slot => slot.Port).OfType<ConsolePort>()];
        }
    }

    internal void Activate(bool isNegotiated, ILogger logger)
    {
        lock (_gate)
        {
            Logger = logger;
            _isNegotiated = isNegotiated;
        }
    }

    /// <summary>The driver is gone: it knows no port, and has none open.</summary>
    internal void Reset()
    {
        lock (_gate)
        {
            _isNegotiated = _isDriverReady = false;
            foreach (ConsoleSlot slot in _slots)
            {
                slot.IsAnnounced = slot.WasUsed = false;
                slot.Pending = PendingMessages.None;
                slot.Port?.Forget();
            }
        }
    }

    internal void StartSender(Virtqueue queue, DeviceActivation activation)
    {
        _sender = QueueWorker.StartHostDriven("virtio-console-control-in", queue, activation, Send);

        // For what was added before the worker was assigned.
        _sender.Wake();
    }

    internal void StartReceiver(Virtqueue queue, DeviceActivation activation)
    {
        // A queue that does not start at its beginning belongs to a driver that spoke to an earlier process, before that died (vhost-user).
        // The driver will not repeat what it said, so it is taken to have opened the ports that there are from the beginning.
        if (queue.Config.State != QueueState.Initial)
            AdoptDriver();
        _receiver = QueueWorker.Start("virtio-console-control-out", queue, activation, Receive);
    }

    internal void StopSender()
    {
        _sender?.Stop();
        _sender = null;
    }

    internal void StopReceiver() => _receiver?.Stop();

    /// <summary>Adds a port that <paramref name="create"/> makes for a free number.</summary>
    /// <exception cref="InvalidOperationException">All numbers are taken.</exception>
    /// <exception cref="ArgumentException">Another port has the name.</exception>
    internal ConsolePort Add(string? name, Func<ConsoleSlot, ConsolePort> create)
    {
        ConsolePort port;
        lock (_gate)
        {
            if (name is not null && _slots.Any(slot => slot.Port?.Name == name))
                throw new ArgumentException($"the device already has a port named '{name}'; choose another name", nameof(name));
            ConsoleSlot free = FindFree();
            port = create(free);
            _next = free.Number + 1;
            free.Port = port;
            if (_isDriverReady)
                free.Pending |= PendingMessages.Add;
        }

        _sender?.Wake();
        return port;
    }

    /// <summary>Takes a port away from the guest.</summary>
    /// <exception cref="ArgumentException">The device does not have it (any more).</exception>
    internal void Remove(ConsolePort port)
    {
        lock (_gate)
        {
            ConsoleSlot slot = _slots.FirstOrDefault(slot => slot.Port == port) ?? throw new ArgumentException(
                $"the device has no such port {port.Number}: it belongs to another device, or was removed before", nameof(port));
            slot.Port = null;
            slot.Pending = slot.IsAnnounced ? PendingMessages.Remove : PendingMessages.None;
            slot.WasUsed |= slot.IsAnnounced;
            port.Forget();
        }

        _sender?.Wake();
    }

    internal void Resize(ConsolePort port, ushort columns, ushort rows)
    {
        lock (_gate)
        {
            port.Columns = columns;
            port.Rows = rows;

            // A port that is ready is the one of its number, and the driver knows it.
            if (!port.IsConsole || !port.IsReady)
                return;
            _slots[port.Number].Pending |= PendingMessages.Resize;
        }

        _sender?.Wake();
    }

    /// <summary>
    /// Sends what is pending into the driver's buffers. The control's lock is held meanwhile, so that no port changes under it.
    /// </summary>
    internal bool Send(Virtqueue queue)
    {
        lock (_gate)
        {
            foreach (ConsoleSlot slot in _slots)
            {
                while (slot.Pending != PendingMessages.None)
                {
                    if (!queue.TryDequeue(out DescriptorChain chain))
                        return true;
                    PendingMessages message = Lowest(slot.Pending);
                    Write(chain, slot, message);

                    // A queue that is being stopped publishes nothing: the message is sent again when it runs again.
                    if (!queue.Publish())
                        return false;
                    slot.Pending &= ~message;
                    if (message is PendingMessages.Add or PendingMessages.Remove)
                        slot.IsAnnounced = message == PendingMessages.Add;
                }
            }
        }

        return false;
    }

    /// <summary>Takes a message of the driver.</summary>
    internal void Receive(DescriptorChain chain)
    {
        Span<byte> header = stackalloc byte[ConsoleMessage.HeaderLength];
        if (chain.Reader.TryRead(header))
        {
            (uint number, ConsoleEvent what, bool value) = ConsoleMessage.Decode(header);
            lock (_gate)
            {
                if (_isNegotiated)
                    Handle(number, what, value);
            }

            _sender?.Wake();
        }

        // Last: a driver that sees its message completed may rely on its effect.
        chain.Complete(0);
    }

    // The number that was free for the longest time, roughly: messages about the port before are most likely over.
    private ConsoleSlot FindFree() =>
        Enumerable.Range(_next, _slots.Length).Select(number => _slots[number % _slots.Length]).FirstOrDefault(slot => slot.Port is null)
        ?? throw new InvalidOperationException(
            $"the device has {_slots.Length} ports, as many as ConsoleDeviceOptions.MaxPortCount allows; "
            + "remove a port, or set a larger number");

    private static PendingMessages Lowest(PendingMessages pending) => (PendingMessages)((int)pending & -(int)pending);

    private void Handle(uint number, ConsoleEvent what, bool value)
    {
        if (what == ConsoleEvent.DeviceReady)
        {
            BeginDriver(value);
            return;
        }

        // A message on a number without a port, or on a port that was there before, is late or wrong.
        if (number >= _slots.Length || _slots[number] is not { IsKnown: true, Port: { } port } slot)
            return;
        if (what == ConsoleEvent.PortOpen)
        {
            port.SetOpen(value);
            slot.WakeReceiver();
        }
        else if (what == ConsoleEvent.PortReady && value)
        {
            port.IsReady = true;
            slot.Pending |= port.Introduction;
        }
        else if (what == ConsoleEvent.PortReady)
        {
            Complain($"could not add port {number}");
        }
    }

    private void BeginDriver(bool isReady)
    {
        if (!isReady)
        {
            Complain("could not start");
            return;
        }

        // The driver may say it more than once; a port is announced once (virtio 1.4, 5.3.6.2.1).
        _isDriverReady = true;
        foreach (ConsoleSlot slot in _slots)
        {
            if (slot.Port is not null && !slot.IsAnnounced)
                slot.Pending |= PendingMessages.Add;
        }
    }

    private void AdoptDriver()
    {
        lock (_gate)
        {
            if (!_isNegotiated || _isDriverReady)
                return;
            _isDriverReady = true;
            foreach (ConsoleSlot slot in _slots.Where(slot => slot.Port is not null))
            {
                slot.IsAnnounced = true;
                slot.Port!.IsReady = true;
                slot.Port.SetOpen(true);
                slot.WakeReceiver();
            }
        }
    }

    private void Write(DescriptorChain chain, ConsoleSlot slot, PendingMessages message)
    {
        Span<byte> bytes = stackalloc byte[ConsoleMessage.LongestBytes];
        int length = ConsoleMessage.Encode(message, slot.Number, slot.Port, bytes);

        // A buffer that the message does not fit into is completed empty, and the message is lost: to wait for a larger one would hold up
        // all others.
        if (chain.Writer.Remaining < length)
            Complain($"gave a buffer of {chain.Writer.Remaining} bytes for a message of {length}");
        else
            chain.Writer.TryWrite(bytes[..length]);
        chain.Complete();
    }

    private void Complain(string what)
    {
        if (_hasComplained)
            return;
        _hasComplained = true;
        ConsoleLog.DriverComplained(Logger, what);
    }
}
