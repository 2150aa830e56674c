namespace Virtio.Riscv;

/// <content>The hart's thread: running, waiting, and serving the requests of other threads.</content>
public sealed partial class RiscvHart
{
    /// <summary>
    /// Instructions between two polls of interrupts, requests and the timer. They take a few microseconds, so the loop itself needs no
    /// check but its count.
    /// </summary>
    private const int Quantum = 1024;

    private readonly AutoResetEvent _wake;

    // Asserted software and external interrupts, a bit each. Any thread changes it, with Interlocked.
    private int _lines;

    // HartRequests that are not served yet. Any thread adds them, with Interlocked; the hart's thread removes them.
    private int _requests;

    // 1 while the hart executes no guest instruction and polls before the next one.
    // Written by the thread that runs the hart, and by Release.
    private int _parked = 1;

    // A HartState. A thread that starts the hart changes Stopped to StartPending; otherwise the hart's thread changes it.
    private int _state = HartState.Stopped;

    // The machine's thread runs the hart, not a caller of Run. Owned by the hart's thread.
    private bool _onOwnThread;

    // The arguments of the pending start. Written by the thread that changed _state to StartPending, before it requests the start.
    private ulong _startAddress;
    private ulong _startArgument;

    internal int State => Volatile.Read(ref _state);

    /// <summary>
    /// Executes up to a number of instructions on the caller's thread, for tests and debuggers. Not to be mixed with
    /// <see cref="RiscvMachine.Start"/>. WFI returns at once. Returns the number of retired instructions: fewer than requested if some
    /// trapped, or if the guest stopped the machine. Changes that the embedder made to guest memory since the last call, including code and
    /// page tables, take effect.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The machine is disposed.</exception>
    public ulong Run(ulong maxInstructions)
    {
        _pages.ThrowIfDisposed();
        // A debugger that sets a breakpoint, or a loader that reuses the machine, executes no FENCE.I or SFENCE.VMA.
        _pages.StartEpoch();
        FlushTranslations();
        ulong before = _retired, budget = maxInstructions;
        Volatile.Write(ref _parked, 0);
        Volatile.Write(ref _state, HartState.Started);
        while (budget > 0 && Poll() && _state == HartState.Started)
        {
            _quantum = (int)Math.Min(budget, Quantum);
            budget -= (ulong)Execute(_quantum);
        }

        Volatile.Write(ref _parked, 1);
        return _retired - before;
    }

    /// <summary>Executes one instruction, or takes the trap it causes, on the caller's thread.</summary>
    public void Step() => Run(1);

    /// <summary>The main loop of the hart's own thread; returns when the machine stops.</summary>
    internal void RunUntilStopped()
    {
        _onOwnThread = true;
        Interlocked.Exchange(ref _parked, 0);
        while (Poll())
        {
            if (_state != HartState.Started)
            {
                Park(Timeout.Infinite, 0);
                continue;
            }

            _quantum = Quantum;
            Execute(Quantum);
        }
    }

    /// <summary>Sets the address of the first instruction and the state that SBI's hart_start defines for it.</summary>
    internal void Reset(ulong address, ulong argument)
    {
        _pc = address & ~1UL;
        _x[10] = (ulong)Id;
        _x[11] = argument;
        _satp = 0;
        _status &= ~StatusBits.InterruptEnable;
        _privilege = RiscvPrivilege.Supervisor;
        DropFetched();
        FlushTranslations();
    }

    /// <summary>Claims a stopped hart and requests its start; false if the hart is not stopped.</summary>
    internal bool TryStart(ulong address, ulong argument)
    {
        if (Interlocked.CompareExchange(ref _state, HartState.StartPending, HartState.Stopped) != HartState.Stopped)
            return false;
        _startAddress = address;
        _startArgument = argument;
        Request(HartRequests.Start);
        return true;
    }

    internal void Stop() => Volatile.Write(ref _state, HartState.Stopped);

    internal void Request(HartRequests request)
    {
        Interlocked.Or(ref _requests, (int)request);
        if ((request & (HartRequests.Stop | HartRequests.Start)) != 0)
            Wake();
    }

    /// <summary>Whether guest instructions may still execute on this hart before it serves the request.</summary>
    internal bool HasYetToServe(HartRequests request) =>
        Volatile.Read(ref _parked) == 0 && (Volatile.Read(ref _requests) & (int)request) != 0;

    internal void SetLine(int interrupt, bool asserted)
    {
        if (!asserted)
        {
            Interlocked.And(ref _lines, ~(1 << interrupt));
            return;
        }

        Interlocked.Or(ref _lines, 1 << interrupt);
        Wake();
    }

    /// <summary>
    /// Frees the resources of this hart, which no longer runs. A device that is not yet disposed may still set its lines, so parked is
    /// cleared first: no thread sets the disposed event.
    /// </summary>
    internal void Release()
    {
        Volatile.Write(ref _parked, 0);
        _wake.Dispose();
        _pages.Dispose();
    }

    // The caller has changed a flag with a full fence. A hart that parks sets _parked with a full fence before it reads the flags.
    private void Wake()
    {
        if (Volatile.Read(ref _parked) != 0)
            _wake.Set();
    }

    /// <summary>Serves requests and takes a pending interrupt; <see langword="false"/> when the machine is to stop.</summary>
    private bool Poll()
    {
        if (Volatile.Read(ref _requests) != 0 && !ServeRequests())
            return false;
        UpdateTimer();
        TakeInterrupt();
        return true;
    }

    private bool ServeRequests()
    {
        HartRequests requests = (HartRequests)Interlocked.And(ref _requests, (int)HartRequests.Stop);
        if ((requests & HartRequests.Stop) != 0)
            return false;
        if ((requests & HartRequests.FenceInstructions) != 0)
            DropFetched();
        if ((requests & HartRequests.FenceTranslations) != 0)
            FlushTranslations();
        if ((requests & HartRequests.Start) != 0)
        {
            Reset(_startAddress, _startArgument);
            Volatile.Write(ref _state, HartState.Started);
        }

        return true;
    }

    /// <summary>Serves fences while this hart waits for others to serve its own: they may be waiting for this hart.</summary>
    internal bool ServeFences() => Volatile.Read(ref _requests) == 0 || ServeRequests();

    internal void WaitForInterrupt()
    {
        if (!_onOwnThread)
            return;
        UpdateTimer();
        while ((PendingInterrupts() & _sie) == 0 && Volatile.Read(ref _requests) == 0)
        {
            int timeout = MillisecondsToWait();
            if (timeout == 0)
                Thread.Yield();
            else
                Park(timeout, _sie);
            UpdateTimer();
        }
    }

    // The host waits in whole milliseconds. A late tick costs a guest less than a hart that spins until the timer is due, so the hart spins
    // only if the timer is nearly due. A hart without a timer still reads the clock, so that its wait is not taken for a stopped process.
    private int MillisecondsToWait()
    {
        ulong now = _machine.Clock.Now;
        if (_stimecmp == ulong.MaxValue || (_sie & (1 << TrapCause.TimerInterrupt)) == 0)
            return GuestClock.LongestWait;
        const int NearlyDue = 50;
        if (now >= _stimecmp)
            return 0;
        long microseconds = _machine.Clock.ToMicroseconds(_stimecmp - now);
        return (int)long.Min((microseconds + 1000 - NearlyDue) / 1000, GuestClock.LongestWait);
    }

    private void Park(int timeout, ulong interrupts)
    {
        Interlocked.Exchange(ref _parked, 1);
        if ((PendingInterrupts() & interrupts) == 0 && Volatile.Read(ref _requests) == 0)
            _wake.WaitOne(timeout);
        Interlocked.Exchange(ref _parked, 0);
    }
}
