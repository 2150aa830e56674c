namespace Virtio.Riscv;

/// <summary>
/// A RISC-V computer without devices: harts, RAM, and a supervisor binary interface that the processor implements itself, so that a kernel
/// runs without firmware. Each hart has its own thread while the machine runs.
/// </summary>
public sealed class RiscvMachine : IDisposable
{
    /// <summary>The most harts that a machine can have.</summary>
    public const int MaxHarts = 8;

    private readonly TaskCompletionSource<RiscvStopReason> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RiscvHart[] _harts;
    private readonly Thread[] _threads;
    private readonly Lock _lifetime = new();

    // The first RiscvStopReason; -1 until there is one. Any thread sets it, with Interlocked.
    private int _reason = -1;

    // Harts whose thread has not ended. The harts' threads change it, with Interlocked.
    private int _running;

    // Under _lifetime; _started does not change once _disposed is set.
    private bool _started;
    private bool _disposed;

    /// <summary>Creates a machine with stopped harts.</summary>
    /// <exception cref="ArgumentException">The memory regions are misaligned or overlap, or another option is out of range.</exception>
    /// <exception cref="PlatformNotSupportedException">The host is not a little-endian 64-bit machine.</exception>
    public RiscvMachine(RiscvMachineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.HartCount, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.HartCount, MaxHarts, nameof(options));
        ArgumentOutOfRangeException.ThrowIfZero(options.TimebaseFrequency, nameof(options));
        if (!BitConverter.IsLittleEndian || nint.Size != 8)
            throw new PlatformNotSupportedException("the RISC-V processor needs a little-endian 64-bit host");
        Memory = new PhysicalMemory(options.Memory);
        Bus = options.Bus;
        Clock = new GuestClock(options.TimebaseFrequency, TimeProvider.System);
        Firmware = new SupervisorBinaryInterface(this, options.DebugConsole);
        _harts = [.. Enumerable.Range(0, options.HartCount).Select(CreateHart)];
        _threads = [.. _harts.Select(hart => new Thread(() => RunHart(hart)) { IsBackground = true, Name = $"riscv-hart-{hart.Id}" })];
    }

    /// <summary>The harts, by number.</summary>
    public IReadOnlyList<RiscvHart> Harts => _harts;

    /// <summary>Completes with the reason when no hart runs any more; it never faults.</summary>
    public Task<RiscvStopReason> Completion => _completion.Task;

    /// <summary>The first exception, if the machine stopped with <see cref="RiscvStopReason.Fault"/>.</summary>
    public Exception? Failure { get; private set; }

    internal PhysicalMemory Memory { get; }

    internal IRiscvBus? Bus { get; }

    internal GuestClock Clock { get; }

    internal SupervisorBinaryInterface Firmware { get; }

    internal ReadOnlySpan<RiscvHart> AllHarts => _harts;

    /// <summary>
    /// Starts hart 0 in supervisor mode at a physical address, with its number in a0 and the device tree's address in a1. The other harts
    /// wait for the guest to start them.
    /// </summary>
    /// <exception cref="InvalidOperationException">The machine was started before.</exception>
    public void Start(ulong entry, ulong deviceTree)
    {
        lock (_lifetime)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_started)
                throw new InvalidOperationException("the machine was started before; a machine starts once");
            _started = true;
            _running = _threads.Length;
            _harts[0].TryStart(entry, deviceTree);
            foreach (Thread thread in _threads)
                thread.Start();
        }
    }

    /// <summary>
    /// Asks all harts to stop. <see cref="Completion"/> completes when they have stopped, which takes microseconds unless a hart is inside
    /// a bus call. Thread-safe, at any time.
    /// </summary>
    public void RequestStop() => Stop(RiscvStopReason.Stopped);

    /// <summary>Sets the level of a hart's supervisor external interrupt. Thread-safe; wakes a hart that waits.</summary>
    public void SetExternalInterrupt(int hart, bool asserted)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)hart, (uint)_harts.Length, nameof(hart));
        _harts[hart].SetLine(TrapCause.ExternalInterrupt, asserted);
    }

    /// <summary>Stops the machine and waits until every hart's thread has ended. Not to be called from a bus call.</summary>
    public void Dispose()
    {
        lock (_lifetime)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        RequestStop();
        if (_started)
        {
            foreach (Thread thread in _threads)
                thread.Join();
        }
        else
        {
            _completion.TrySetResult(RiscvStopReason.Stopped);
        }

        foreach (RiscvHart hart in _harts)
            hart.Release();
    }

    /// <summary>Stops the machine; only the first reason counts.</summary>
    internal void Stop(RiscvStopReason reason)
    {
        Interlocked.CompareExchange(ref _reason, (int)reason, -1);
        foreach (RiscvHart hart in _harts)
            hart.Request(HartRequests.Stop);
    }

    private RiscvHart CreateHart(int id) => new(this, id, new AutoResetEvent(false), new DecodedPages(RiscvHart.DecodedPageCount));

    private void RunHart(RiscvHart hart)
    {
        try
        {
            hart.RunUntilStopped();
        }
        catch (Exception exception)
        {
            Failure ??= exception;
            Stop(RiscvStopReason.Fault);
        }

        if (Interlocked.Decrement(ref _running) == 0)
            _completion.TrySetResult((RiscvStopReason)Volatile.Read(ref _reason));
    }
}
