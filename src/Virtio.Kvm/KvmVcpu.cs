using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Kvm.Interop;

namespace Virtio.Kvm;

/// <summary>
/// A virtual processor. One thread at a time runs it, best one of its own: a thread that did has a signal blocked from then on. <see cref="RequestExit"/> and
/// <see cref="Dispose"/> may be called from any.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed partial class KvmVcpu : IDisposable
{
    // What any thread may change: who runs, whether an exit is wanted, whether the page is still there.
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _handle;
    private readonly RunPage _page;
    private readonly ExitRecord _exit = new();
    private ulong? _signalMask;
    private nint _runner;
    private bool _exitRequested;
    private bool _disposed;

    private KvmVcpu(SafeFileHandle handle, RunPage page, int id)
    {
        _handle = handle;
        _page = page;
        Id = id;
    }

    /// <summary>The number that it was made with.</summary>
    public int Id { get; }

    /// <summary>The access to a port that the last run ended with.</summary>
    /// <exception cref="InvalidOperationException">It ended with something else.</exception>
    public KvmPortExit Port
    {
        get
        {
            ref readonly RunState state = ref ExitOf(KvmExitReason.Port);
            return new KvmPortExit(state.Port, state.PortSize, _exit.Data, state.PortDirection == RunState.PortOut);
        }
    }

    /// <summary>The access to memory without a slot that the last run ended with.</summary>
    /// <exception cref="InvalidOperationException">It ended with something else.</exception>
    public KvmMmioExit Mmio
    {
        get
        {
            ref readonly RunState state = ref ExitOf(KvmExitReason.Mmio);
            return new KvmMmioExit(state.MmioAddress, _exit.Data, state.MmioIsWrite != 0);
        }
    }

    /// <summary>The event that the last run ended with.</summary>
    /// <exception cref="InvalidOperationException">It ended with something else.</exception>
    public KvmSystemEvent SystemEvent => (KvmSystemEvent)ExitOf(KvmExitReason.SystemEvent).Kind;

    /// <summary>The error that the last run ended with.</summary>
    /// <exception cref="InvalidOperationException">It ended with something else.</exception>
    public KvmInternalError InternalError
    {
        get
        {
            ref readonly RunState state = ref ExitOf(KvmExitReason.InternalError);
            return new KvmInternalError(state.Kind, ((ReadOnlySpan<ulong>)state.Data)[..(int)uint.Min(state.DataCount, RunState.Words.Count)]);
        }
    }

    /// <summary>Why the processor did not take the guest's state; what the number means, the processor's manual says.</summary>
    /// <exception cref="InvalidOperationException">The last run ended with something else.</exception>
    public ulong EntryFailure => ExitOf(KvmExitReason.FailedEntry).EntryFailureReason;

    /// <summary>
    /// Runs the guest until it needs something. An access that the last run ended with is completed first, with the data in <see cref="Mmio"/> or <see cref="Port"/>.
    /// Allocates nothing.
    /// </summary>
    /// <returns>Why it stopped. After <see cref="KvmExitReason.Interrupted"/> it may be run again, also where nobody asked for an exit.</returns>
    /// <exception cref="KvmException">The call failed.</exception>
    /// <exception cref="InvalidOperationException">Another thread runs it.</exception>
    /// <exception cref="ObjectDisposedException">The vCPU is disposed.</exception>
    public KvmExitReason Run() => Enter(completeOnly: false);

    /// <summary>
    /// Completes the access that the last run ended with, and runs nothing: only then do the registers say what the guest did. Setting registers does it by itself.
    /// </summary>
    /// <returns>
    /// <see cref="KvmExitReason.Interrupted"/> if it is complete; otherwise a further access by the same instruction, to be treated like one of <see cref="Run"/>.
    /// </returns>
    /// <exception cref="KvmException">The call failed.</exception>
    /// <exception cref="InvalidOperationException">Another thread runs it.</exception>
    /// <exception cref="ObjectDisposedException">The vCPU is disposed.</exception>
    public KvmExitReason CompleteExit() => IsAccessPending ? Enter(completeOnly: true) : KvmExitReason.Interrupted;

    /// <summary>
    /// Makes <see cref="Run"/> return: the one that goes on, or else the next one, with <see cref="KvmExitReason.Interrupted"/> unless it had another reason
    /// already; then it is the one after that. Several requests may lead to one return. Does nothing once the vCPU is disposed. For any thread.
    /// </summary>
    public void RequestExit()
    {
        // What the caller wrote before must be visible to a thread that finds the request served; then one that is not served yet will do for this one too.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _exitRequested))
            return;
        lock (_gate)
            Expel();
    }

    /// <summary>Takes the vCPU away. A run that goes on is ended first: when this returns, the guest does not run on it any more.</summary>
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

    // Under the lock: a thread that had left might have ended, and the signal would then end the process; and the page might be gone.
    private void Expel()
    {
        if (_disposed)
            return;
        Volatile.Write(ref _exitRequested, true);

        // For a thread on its way into KVM_RUN, and for the next one that enters.
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
            throw new InvalidOperationException($"The last run of vCPU {Id} ended with {_exit.Reason}, not with {reason}");
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

        // A vCPU that waited to be started and now is gives EAGAIN.
        return error is 0 or ErrorNumbers.Interrupted or ErrorNumbers.TryAgain ? _exit.Reason : throw new KvmException(KvmRequest.Run.Name, error);
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

        // Nobody sends it now; what is pending belongs to the request that was served.
        ExitSignal.Drain();
    }

    // Threads have the same mask almost always, so that one call is enough in the life of a vCPU.
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
