namespace Virtio.Riscv;

/// <content>The hart's thread: running, waiting, and what others ask of it.</content>
public sealed partial class RiscvHart
{
    /// <summary>
    /// Instructions between two looks at interrupts, requests and the timer: a few microseconds, so that the loop itself needs no check but its count.
    /// </summary>
    private const int Quantum = 1024;

    private readonly AutoResetEvent _wake;

    private int _lines;
    private int _requests;
    private int _parked = 1;
    private int _state = HartState.Stopped;
    private bool _onOwnThread;
    private ulong _startAddress;
    private ulong _startArgument;

    internal int State => Volatile.Read(ref _state);

    /// <summary>
    /// Executes up to a number of instructions on the caller's thread, for tests and debuggers; not to be mixed with <see cref="RiscvMachine.Start"/>.
    /// WFI returns at once. Returns how many retired: fewer if some trapped, or if the guest stopped the machine. What the embedder wrote
    /// to guest memory since the last call, code and page tables too, is seen.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The machine is disposed.</exception>
    public ulong Run(ulong maxInstructions)
    {
        _pages.ThrowIfDisposed();
        // A debugger that sets a breakpoint, or a loader that reuses the machine, has no FENCE.I or SFENCE.VMA to say so.
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

    /// <summary>What the hart's own thread does until the machine stops.</summary>
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

    /// <summary>Sets where the first instruction is, as SBI's hart_start defines the state of the hart there.</summary>
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

    /// <summary>Claims a stopped hart for a start; the caller that got it completes the start.</summary>
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

    /// <summary>Gives back what the machine made for this hart, which no longer runs; a device that is not yet gone may still set its lines.</summary>
    internal void Release()
    {
        Volatile.Write(ref _parked, 0);
        _wake.Dispose();
        _pages.Dispose();
    }

    // Whoever changed a flag did so with a full fence before; a hart that parks announces it with one before it looks at the flags.
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

    /// <summary>While this hart waits for others to serve its fence, they may be waiting for it to serve theirs.</summary>
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

    // The host waits in whole milliseconds, and a tick that comes late costs a guest less than a hart that spins until it is due. Only
    // what is nearly due is awaited awake. A hart without a timer looks at the clock all the same, which must not take the wait for a stop.
    private int MillisecondsToWait()
    {
        ulong now = _machine.Clock.Now;
        if (_stimecmp == ulong.MaxValue || (_sie & (1 << TrapCause.TimerInterrupt)) == 0)
            return GuestClock.LongestWait;
        const int NearlyDue = 50;
        return now >= _stimecmp ? 0 : (int)long.Min((_machine.Clock.ToMicroseconds(_stimecmp - now) + 1000 - NearlyDue) / 1000, GuestClock.LongestWait);
    }

    private void Park(int timeout, ulong interrupts)
    {
        Interlocked.Exchange(ref _parked, 1);
        if ((PendingInterrupts() & interrupts) == 0 && Volatile.Read(ref _requests) == 0)
            _wake.WaitOne(timeout);
        Interlocked.Exchange(ref _parked, 0);
    }
}
