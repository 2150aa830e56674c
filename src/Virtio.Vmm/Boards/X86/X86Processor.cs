using System.Runtime.Versioning;
using Virtio.Kvm;
using Virtio.Transports.Mmio;

namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// One processor: a thread that creates, runs and closes a vCPU, because KVM wants all three on one thread. All guest accesses outside
/// memory exit to this thread, except notifications and interrupts of virtio devices, which the host kernel handles.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class X86Processor
{
    private readonly X86Processors _all;
    private readonly Func<KvmVcpu> _make;
    private readonly int _id;
    private readonly X86PortBus _ports;
    private readonly MmioBus _devices;
    private readonly Thread _thread;

    // Set once by the processor's thread; any thread reads it to make the vCPU exit.
    private KvmVcpu? _vcpu;

    // The number of process stops that this vCPU's guest has been told of. Owned by the processor's thread.
    private int _toldStops;

    /// <summary>Creates a processor without a thread.</summary>
    /// <param name="all">All processors of the board.</param>
    /// <param name="make">Creates the vCPU; called on the processor's own thread.</param>
    /// <param name="id">Its number; processor 0 runs the kernel's first instruction.</param>
    /// <param name="ports">The devices in I/O port space.</param>
    /// <param name="devices">The devices in the memory hole.</param>
    public X86Processor(X86Processors all, Func<KvmVcpu> make, int id, X86PortBus ports, MmioBus devices)
    {
        _all = all;
        _make = make;
        _id = id;
        _ports = ports;
        _devices = devices;
        _thread = new Thread(Live) { IsBackground = true, Name = $"kvm-vcpu-{id}" };
    }

    /// <summary>Starts the thread.</summary>
    public void StartThread() => _thread.Start();

    /// <summary>Makes the processor check whether it has to stop. Any thread, at any time.</summary>
    public void RequestExit() => Volatile.Read(ref _vcpu)?.RequestExit();

    /// <summary>Waits until the thread has ended, if it was started.</summary>
    public void Join()
    {
        if (!_thread.ThreadState.HasFlag(ThreadState.Unstarted))
            _thread.Join();
    }

    private void Live()
    {
        try
        {
            using var vcpu = _make();

            // Published before IsEnding is read: a thread that ends the machine either sees this vCPU, or this thread sees the end.
            Interlocked.Exchange(ref _vcpu, vcpu);
            if (_all.AwaitStart() is not { } entry)
                return;
            if (_id == 0)
                X86ProcessorState.Enter(vcpu, entry);
            while (!_all.IsEnding)
                Run(vcpu);
        }
        catch (Exception e)
        {
            _all.Fail(e);
        }
        finally
        {
            _all.OnEnded();
        }
    }

    private void Run(KvmVcpu vcpu)
    {
        if (_all.Stops.Count is var stops && stops != _toldStops)
        {
            _toldStops = stops;
            vcpu.MarkPaused();
        }

        switch (vcpu.Run())
        {
            case KvmExitReason.Mmio:
                Access(vcpu.Mmio);
                break;
            case KvmExitReason.Port:
                Access(vcpu, vcpu.Port);
                break;
            case KvmExitReason.Interrupted:
                // A stopped process exits here as soon as it continues, before the guest reads its clock.
                _all.Stops.Look();
                break;
            case KvmExitReason.Halt:
                break;
            case var reason:
                _all.End(X86Exit.Of(reason, vcpu));
                break;
        }
    }

    private void Access(KvmMmioExit access)
    {
        if (!_devices.HandleMmio(access.Address, access.Data, access.IsWrite) && !access.IsWrite)
            access.Data.Fill(byte.MaxValue);
    }

    private void Access(KvmVcpu vcpu, KvmPortExit access)
    {
        if (!access.IsWrite)
            _ports.Read(access.Port, access.Size, access.Data);
        else if (_ports.Write(access.Port, access.Size, access.Data) is var request and not X86PowerRequest.None)
            _all.End(X86Exit.Of(request, vcpu, _ports.PanicMessage));
    }
}
