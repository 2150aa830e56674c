using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Kvm.Interop;

namespace Virtio.Kvm;

/// <summary>
/// A virtual processor. One thread at a time runs it, ideally a dedicated thread: a thread that has run a vCPU keeps one signal blocked.
/// Any thread may call <see cref="RequestExit"/> and <see cref="Dispose"/>.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed partial class KvmVcpu : IDisposable
{
    // Protects _runner, the changes of _exitRequested, and _disposed.
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _handle;
    private readonly RunPage _page;
    private readonly ExitRecord _exit = new();

    // The signal mask that KVM has for this vCPU; null before the first run. Owned by the thread that runs the vCPU.
    private ulong? _signalMask;

    // The thread that runs the vCPU, as a pthread_t; 0 if none. Under the lock.
    private nint _runner;

    // An exit was requested and not served yet. Written under the lock; RequestExit also reads it without.
    private bool _exitRequested;

    // The run page may be unmapped. Under the lock.
    private bool _disposed;

    private KvmVcpu(SafeFileHandle handle, RunPage page, int id)
    {
        _handle = handle;
        _page = page;
        Id = id;
    }

    /// <summary>The vCPU's number.</summary>
    public int Id { get; }

    /// <summary>The port access of the last exit.</summary>
    /// <exception cref="InvalidOperationException">The last exit had another reason.</exception>
    public KvmPortExit Port
    {
        get
        {
            ref readonly RunState state = ref ExitOf(KvmExitReason.Port);
            return new KvmPortExit(state.Port, state.PortSize, _exit.Data, state.PortDirection == RunState.PortOut);
        }
    }

    /// <summary>The last exit's access to memory without a slot.</summary>
    /// <exception cref="InvalidOperationException">The last exit had another reason.</exception>
    public KvmMmioExit Mmio
    {
        get
        {
            ref readonly RunState state = ref ExitOf(KvmExitReason.Mmio);
            return new KvmMmioExit(state.MmioAddress, _exit.Data, state.MmioIsWrite != 0);
        }
    }

    /// <summary>The system event of the last exit.</summary>
    /// <exception cref="InvalidOperationException">The last exit had another reason.</exception>
    public KvmSystemEvent SystemEvent => (KvmSystemEvent)ExitOf(KvmExitReason.SystemEvent).Kind;

    /// <summary>The internal error of the last exit.</summary>
    /// <exception cref="InvalidOperationException">The last exit had another reason.</exception>
    public KvmInternalError InternalError
    {
        get
        {
            ref readonly RunState state = ref ExitOf(KvmExitReason.InternalError);
            int count = (int)uint.Min(state.DataCount, RunState.Words.Count);
            return new KvmInternalError(state.Kind, ((ReadOnlySpan<ulong>)state.Data)[..count]);
        }
    }

    /// <summary>Why the processor rejected the guest's state; the processor's manual explains the number.</summary>
    /// <exception cref="InvalidOperationException">The last exit had another reason.</exception>
    public ulong EntryFailure => ExitOf(KvmExitReason.FailedEntry).EntryFailureReason;

    /// <summary>
    /// Runs the guest until its next exit. An access of the last exit is completed first, with the data in <see cref="Mmio"/> or
    /// <see cref="Port"/>. Allocates nothing.
    /// </summary>
    /// <returns>
    /// Why it stopped. After <see cref="KvmExitReason.Interrupted"/> it may be run again; that reason can occur without a request.
    /// </returns>
    /// <exception cref="KvmException">The call failed.</exception>
    /// <exception cref="InvalidOperationException">Another thread runs it.</exception>
    /// <exception cref="ObjectDisposedException">The vCPU is disposed.</exception>
    public KvmExitReason Run() => Enter(completeOnly: false);

    /// <summary>
    /// Completes the access of the last exit without running the guest. Only then are the registers those after the guest's instruction.
    /// Setting registers does this implicitly.
    /// </summary>
    /// <returns>
    /// <see cref="KvmExitReason.Interrupted"/> if the access is complete; otherwise a further access by the same instruction, to be handled
    /// like one of <see cref="Run"/>.
    /// </returns>
    /// <exception cref="KvmException">The call failed.</exception>
    /// <exception cref="InvalidOperationException">Another thread runs it.</exception>
    /// <exception cref="ObjectDisposedException">The vCPU is disposed.</exception>
    public KvmExitReason CompleteExit() => IsAccessPending ? Enter(completeOnly: true) : KvmExitReason.Interrupted;

    /// <summary>
    /// Makes <see cref="Run"/> return <see cref="KvmExitReason.Interrupted"/>: the current run, or else the next one. If that run already
    /// has another exit reason, the run after it is interrupted. Several requests may lead to one return. Does nothing once the vCPU is
    /// disposed. Any thread may call it.
    /// </summary>
    public void RequestExit()
    {
        // The caller's earlier writes must be visible to the thread that sees the exit. After the barrier a request that is not served yet
        // also covers this one.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _exitRequested))
            return;
        lock (_gate)
            Expel();
    }

    /// <summary>Closes the vCPU. A current run is ended first: when this returns, the guest does not run on it any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            Expel();
            _disposed = true;
        }

        for (var spin = new SpinWait(); IsRunning(); spin.SpinOnce())
        {
        }

        _page.Dispose();
        _handle.Dispose();
    }

    internal static KvmVcpu Open(SafeFileHandle handle, int id, int pageLength)
    {
        try
        {
            return new KvmVcpu(handle, RunPage.Map(handle, pageLength), id);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private bool IsAccessPending => _exit.Reason is KvmExitReason.Mmio or KvmExitReason.Port;

    // Under the lock: while _runner is set its thread is inside a run, and while _disposed is clear the page is mapped.
    // A signal to a thread that has left and ended would end the process.
    private void Expel()
    {
        if (_disposed)
            return;
        Volatile.Write(ref _exitRequested, true);

        // For a thread that is about to enter KVM_RUN, and for the next thread that enters it.
        Volatile.Write(ref _page.State.ImmediateExit, 1);
        if (_runner != 0)
            ExitSignal.Send(_runner);
    }

    private bool IsRunning()
    {
        lock (_gate)
            return _runner != 0;
    }

    private ref readonly RunState ExitOf(KvmExitReason reason)
    {
        if (_exit.Reason != reason)
            throw new InvalidOperationException($"the last run of vCPU {Id} ended with {_exit.Reason}, not with {reason}");
        return ref _exit.State;
    }

    private KvmExitReason Enter(bool completeOnly)
    {
        Begin(completeOnly);
        int error = -1;
        try
        {
            _exit.GiveTo(_page);
            error = KvmCalls.Run(_handle);
            if (error == 0)
                _exit.TakeFrom(_page);
            else
                _exit.TakeInterruption();
        }
        finally
        {
            End(isRequestServed: error == ErrorNumbers.Interrupted && !completeOnly);
        }

        // KVM returns EAGAIN for a vCPU that waited to be started and now is started.
        return error is 0 or ErrorNumbers.Interrupted or ErrorNumbers.TryAgain
            ? _exit.Reason
            : throw new KvmException(KvmRequest.Run.Name, error);
    }

    private void Begin(bool completeOnly)
    {
        SetSignalMask();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_runner != 0)
                throw new InvalidOperationException($"vCPU {Id} is already run by another thread");
            _runner = ExitSignal.CurrentThread;
            Volatile.Write(ref _page.State.ImmediateExit, completeOnly || _exitRequested ? (byte)1 : (byte)0);
        }
    }

    private void End(bool isRequestServed)
    {
        lock (_gate)
        {
            _runner = 0;
            if (!isRequestServed)
                return;
            Volatile.Write(ref _exitRequested, false);
        }

        // With _runner cleared no thread sends the signal. A pending one belongs to the request that was served.
        ExitSignal.Drain();
    }

    // Almost all threads have the same mask, so one call is usually enough in the life of a vCPU.
    private void SetSignalMask()
    {
        ulong signals = ExitSignal.BlockOnCurrentThread();
        if (_signalMask == signals)
            return;
        var mask = new SignalMask { Length = sizeof(ulong), Signals = signals };
        KvmCalls.Invoke(_handle, KvmRequest.SetSignalMask, ref mask);
        _signalMask = signals;
    }
}
