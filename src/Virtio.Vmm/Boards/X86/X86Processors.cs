using System.Runtime.Versioning;
using Virtio.Kvm;
using Virtio.Transports.Mmio;

namespace Virtio.Vmm.Boards.X86;

/// <summary>The processors of a board. The first end that one of them meets is the machine's. Thread-safe.</summary>
[SupportedOSPlatform("linux")]
internal sealed class X86Processors : IDisposable
{
    private readonly TaskCompletionSource _prepared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<X86EntryState?> _entry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<MicroVmExit> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly X86Processor[] _processors;
    private readonly StopDetection _stops;
    private int _unprepared;
    private int _running;
    private MicroVmExit? _exit;

    /// <summary>Makes them, without a thread yet.</summary>
    /// <param name="vm">The machine; with its interrupt controllers.</param>
    /// <param name="cpuid">What CPUID answers on each processor; as many as there are to be.</param>
    /// <param name="ports">What is behind the I/O ports.</param>
    /// <param name="devices">What is in the hole of the memory.</param>
    public X86Processors(KvmVm vm, IReadOnlyList<KvmCpuidEntry[]> cpuid, X86PortBus ports, MmioBus devices)
    {
        _unprepared = _running = cpuid.Count;
        _stops = new StopDetection(TimeProvider.System, RequestExits);
        _processors = [.. cpuid.Select((answers, id) => new X86Processor(this, () => Prepare(vm.CreateVcpu(id), answers), id, ports, devices))];
    }

    /// <summary>Ends when no processor runs any more, with how the guest ended; it never faults.</summary>
    public Task<MicroVmExit> Completion => _completion.Task;

    /// <summary>What was thrown, if that was the end.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether the processors have to stop.</summary>
    public bool IsEnding => Volatile.Read(ref _exit) is not null;

    /// <summary>Tells when the process did not run for a while.</summary>
    internal StopDetection Stops => _stops;

    /// <summary>Starts their threads; ends when all of them wait for <see cref="Start"/>.</summary>
    /// <exception cref="KvmException">A vCPU could not be made.</exception>
    public Task PrepareAsync()
    {
        foreach (var processor in _processors)
            processor.StartThread();
        return _prepared.Task;
    }

    /// <summary>Lets the first processor run; the others then wait for the guest to start them.</summary>
    public void Start(X86EntryState entry) => _entry.TrySetResult(entry);

    /// <summary>Ends the machine, unless it has an end already. Any thread, at any time.</summary>
    public void End(MicroVmExit exit)
    {
        if (Interlocked.CompareExchange(ref _exit, exit, null) is not null)
            return;
        _entry.TrySetResult(null);
        RequestExits();
    }

    /// <summary>Stops them and waits until their threads are gone.</summary>
    public void Dispose()
    {
        End(new MicroVmExit(MicroVmExitReason.Stopped));
        foreach (var processor in _processors)
            processor.Join();
        _stops.Dispose();
    }

    /// <summary>For a processor that is prepared: waits for the start, whose state the first one takes. Null if it is to end instead.</summary>
    internal X86EntryState? AwaitStart()
    {
        if (Interlocked.Decrement(ref _unprepared) == 0)
            _prepared.TrySetResult();
        return _entry.Task.GetAwaiter().GetResult();
    }

    /// <summary>For a processor on which something failed on the host's side.</summary>
    internal void Fail(Exception failure)
    {
        Failure ??= failure;
        _prepared.TrySetException(failure);
        End(new MicroVmExit(MicroVmExitReason.Fault, $"{failure.GetType().Name}: {failure.Message}"));
    }

    /// <summary>For a processor whose vCPU is closed.</summary>
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
