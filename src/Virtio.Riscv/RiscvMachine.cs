namespace Virtio.Riscv;

/// <summary>
/// A RISC-V computer without devices: harts, RAM, and a supervisor binary interface that the processor answers itself, so that a kernel
/// runs without firmware. Each hart has a thread of its own while the machine runs.
/// </summary>
public sealed class RiscvMachine : IDisposable
{
    /// <summary>Most harts a machine can have.</summary>
    public const int MaxHarts = 8;

    private readonly TaskCompletionSource<RiscvStopReason> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RiscvHart[] _harts;
    private readonly Thread[] _threads;
    private readonly Lock _lifetime = new();
    private int _reason = -1;
    private int _running;
    private bool _started;
    private bool _disposed;

    /// <summary>Makes a machine whose harts are stopped.</summary>
    /// <exception cref="ArgumentException">The memory regions are misaligned or overlap, or another option is out of range.</exception>
    /// <exception cref="PlatformNotSupportedException">The host is not a little-endian 64-bit machine.</exception>
    public RiscvMachine(RiscvMachineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.HartCount, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.HartCount, MaxHarts, nameof(options));
        ArgumentOutOfRangeException.ThrowIfZero(options.TimebaseFrequency, nameof(options));
        if (!BitConverter.IsLittleEndian || nint.Size != 8)
            throw new PlatformNotSupportedException("The RISC-V processor needs a little-endian 64-bit host.");
        Memory = new PhysicalMemory(options.Memory);
        Bus = options.Bus;
        Clock = new GuestClock(options.TimebaseFrequency, TimeProvider.System);
        Firmware = new SupervisorBinaryInterface(this, options.DebugConsole);
        _harts = [.. Enumerable.Range(0, options.HartCount).Select(id => new RiscvHart(this, id, new AutoResetEvent(false), new DecodedPages(RiscvHart.DecodedPageCount)))];
        _threads = [.. _harts.Select(hart => new Thread(() => RunHart(hart)) { IsBackground = true, Name = $"riscv-hart-{hart.Id}" })];
    }

    /// <summary>The harts, by number.</summary>
    public IReadOnlyList<RiscvHart> Harts => _harts;

    /// <summary>Ends when no hart runs any more, with the reason; it never faults.</summary>
    public Task<RiscvStopReason> Completion => _completion.Task;

    /// <summary>What was thrown, if the machine stopped with <see cref="RiscvStopReason.Fault"/>.</summary>
    public Exception? Failure { get; private set; }

    internal PhysicalMemory Memory { get; }

    internal IRiscvBus? Bus { get; }

    internal GuestClock Clock { get; }

    internal SupervisorBinaryInterface Firmware { get; }

    internal ReadOnlySpan<RiscvHart> AllHarts => _harts;

    /// <summary>Starts hart 0 in supervisor mode at a physical address, with its number in a0 and the device tree's address in a1; the others wait for the guest to start them.</summary>
    /// <exception cref="InvalidOperationException">The machine was started before.</exception>
    public void Start(ulong entry, ulong deviceTree)
    {
        lock (_lifetime)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_started)
                throw new InvalidOperationException("A machine starts once.");
            _started = true;
            _running = _threads.Length;
            _harts[0].TryStart(entry, deviceTree);
            foreach (Thread thread in _threads)
                thread.Start();
        }
    }

    /// <summary>Asks all harts to stop; <see cref="Completion"/> ends when they have, which takes microseconds unless a hart is inside a bus call. Thread-safe, at any time.</summary>
    public void RequestStop() => Stop(RiscvStopReason.Stopped);

    /// <summary>Sets the level of a hart's supervisor external interrupt. Thread-safe; wakes a hart that waits.</summary>
    public void SetExternalInterrupt(int hart, bool asserted)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)hart, (uint)_harts.Length, nameof(hart));
        _harts[hart].SetLine(TrapCause.ExternalInterrupt, asserted);
    }

    /// <summary>Stops the machine and waits until every hart's thread is gone. Not to be called from a bus call.</summary>
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

    /// <summary>Stops the machine; the first reason given is the one that counts.</summary>
    internal void Stop(RiscvStopReason reason)
    {
        Interlocked.CompareExchange(ref _reason, (int)reason, -1);
        foreach (RiscvHart hart in _harts)
            hart.Request(HartRequests.Stop);
    }

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
