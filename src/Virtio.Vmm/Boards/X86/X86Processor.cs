using System.Runtime.Versioning;
using Virtio.Kvm;
using Virtio.Transports.Mmio;

namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// One processor: a thread that makes, runs and closes a vCPU, as KVM wants it to be one and the same. What the guest does beside memory comes out here, but for
/// the kicks and interrupts of virtio devices, which the kernel passes on by itself.
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
    private KvmVcpu? _vcpu;

    // Stops of the process that this vCPU's guest was told of. Its own thread's.
    private int _toldStops;

    /// <summary>Makes one without a thread yet.</summary>
    /// <param name="all">All of them.</param>
    /// <param name="make">Makes the vCPU, on the processor's own thread.</param>
    /// <param name="id">Its number; the first has the kernel's first instruction.</param>
    /// <param name="ports">What is behind the I/O ports.</param>
    /// <param name="devices">What is in the hole of the memory.</param>
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

    /// <summary>Makes the processor look whether it has to stop. Any thread, at any time.</summary>
    public void RequestExit() => Volatile.Read(ref _vcpu)?.RequestExit();

    /// <summary>Waits until the thread is gone, if it was ever there.</summary>
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

            // Before the look at whether all have to stop: who asks for that sees this vCPU, or this thread sees that it was asked.
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
                // A process that is stopped comes out here as soon as it goes on, before the guest has looked at its clock.
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
