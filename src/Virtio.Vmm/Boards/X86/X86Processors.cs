using System.Runtime.Versioning;
using Virtio.Kvm;
using Virtio.Transports.Mmio;

namespace Virtio.Vmm.Boards.X86;

/// <summary>The processors of a board. The first end that a processor reports is the machine's end. Thread-safe.</summary>
[SupportedOSPlatform("linux")]
internal sealed class X86Processors : IDisposable
{
    private readonly TaskCompletionSource _prepared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<X86EntryState?> _entry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<MicroVmExit> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly X86Processor[] _processors;
    private readonly StopDetection _stops;

    // Processors that are not prepared yet. Changed with Interlocked by the processors' threads.
    private int _unprepared;

    // Processors whose vCPU is not closed yet. Changed with Interlocked by the processors' threads.
    private int _running;

    // How the guest ended; null until then. Set once, with Interlocked, by any thread.
    private MicroVmExit? _exit;

    /// <summary>Creates the processors without threads.</summary>
    /// <param name="vm">The VM, with its interrupt controllers.</param>
    /// <param name="cpuid">The CPUID results of each processor; one array per processor.</param>
    /// <param name="ports">The devices in I/O port space.</param>
    /// <param name="devices">The devices in the memory hole.</param>
    public X86Processors(KvmVm vm, IReadOnlyList<KvmCpuidEntry[]> cpuid, X86PortBus ports, MmioBus devices)
    {
        _unprepared = _running = cpuid.Count;
        _stops = new StopDetection(TimeProvider.System, RequestExits);
        _processors =
            [.. cpuid.Select((answers, id) => new X86Processor(this, () => Prepare(vm.CreateVcpu(id), answers), id, ports, devices))];
    }

    /// <summary>Completes with how the guest ended when no processor runs any more; it never faults.</summary>
    public Task<MicroVmExit> Completion => _completion.Task;

    /// <summary>The first exception of a processor's thread, if that ended the machine.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether the processors have to stop.</summary>
    public bool IsEnding => Volatile.Read(ref _exit) is not null;

    /// <summary>Detects that the process did not run for a while.</summary>
    internal StopDetection Stops => _stops;

    /// <summary>Starts the threads; completes when all of them wait for <see cref="Start"/>.</summary>
    /// <exception cref="KvmException">A vCPU could not be created.</exception>
    public Task PrepareAsync()
    {
        foreach (var processor in _processors)
            processor.StartThread();
        return _prepared.Task;
    }

    /// <summary>Lets the first processor run; the others then wait for the guest to start them.</summary>
    public void Start(X86EntryState entry) => _entry.TrySetResult(entry);

    /// <summary>Ends the machine, unless it has already ended. Any thread, at any time.</summary>
    public void End(MicroVmExit exit)
    {
        if (Interlocked.CompareExchange(ref _exit, exit, null) is not null)
            return;
        _entry.TrySetResult(null);
        RequestExits();
    }

    /// <summary>Stops the processors and waits until their threads have ended.</summary>
    public void Dispose()
    {
        End(new MicroVmExit(MicroVmExitReason.Stopped));
        foreach (var processor in _processors)
            processor.Join();
        _stops.Dispose();
    }

    /// <summary>
    /// Called by a prepared processor: waits for the start and returns the first processor's state, or null if the machine ends.
    /// </summary>
    internal X86EntryState? AwaitStart()
    {
        if (Interlocked.Decrement(ref _unprepared) == 0)
            _prepared.TrySetResult();
        return _entry.Task.GetAwaiter().GetResult();
    }

    /// <summary>Called by a processor that failed on the host's side.</summary>
    internal void Fail(Exception failure)
    {
        Failure ??= failure;
        _prepared.TrySetException(failure);
        End(new MicroVmExit(MicroVmExitReason.Fault, $"{failure.GetType().Name}: {failure.Message}"));
    }

    /// <summary>Called by a processor whose vCPU is closed.</summary>
    internal void OnEnded()
    {
        if (Interlocked.Decrement(ref _running) == 0)
            _completion.TrySetResult(_exit!);
    }

    private void RequestExits()
    {
        foreach (var processor in _processors)
            processor.RequestExit();
    }

    private static KvmVcpu Prepare(KvmVcpu vcpu, KvmCpuidEntry[] cpuid)
    {
        X86ProcessorState.Prepare(vcpu, cpuid);
        return vcpu;
    }
}
