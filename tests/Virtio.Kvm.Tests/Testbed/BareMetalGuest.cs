using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Virtio.Kvm.Tests.Testbed;

/// <summary>
/// A machine of two MiB that starts some code in 64-bit mode. It needs only a /dev/kvm that can be opened; without one the test is skipped.
/// </summary>
internal sealed unsafe class BareMetalGuest : IDisposable
{
    /// <summary>Address at which the code starts.</summary>
    internal const ulong CodeAddress = 0x10000;

    /// <summary>Address of memory that the code and the test may use.</summary>
    internal const ulong DataAddress = 0x100000;

    /// <summary>A guest-physical address without a memory slot: accesses exit to the host.</summary>
    internal const ulong DeviceAddress = 0xd0000000;

    private const ulong StackTop = 0x80000;
    private const ulong StackSize = 0x1000;
    private const int MemorySize = 2 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly KvmSystem _system;
    private readonly List<nint> _allocations = [];
    private int _slots;

    private BareMetalGuest(KvmSystem system)
    {
        _system = system;
        Vm = system.CreateVm();
    }

    internal KvmVm Vm { get; }

    /// <summary>The first vCPU.</summary>
    internal KvmVcpu Vcpu { get; private set; } = null!;

    /// <summary>Guest-physical memory from 0.</summary>
    internal Span<byte> Memory => new((void*)_allocations[0], MemorySize);

    /// <summary>Makes a machine with one vCPU that starts at the first byte of the code.</summary>
    internal static BareMetalGuest Create(string code, GuestRing ring = GuestRing.Kernel, bool withInterruptController = false)
    {
        byte[] bytes = Assembler.Assemble(code, CodeAddress);
        var guest = new BareMetalGuest(Host.OpenKvm());
        try
        {
            guest.AddMemory(0, MemorySize);
            bytes.CopyTo(guest.Memory[(int)CodeAddress..]);
            LongMode.WriteTables(guest.Memory, kernelStack: StackTop - 64 * StackSize);
            if (withInterruptController)
                guest.Vm.CreateInterruptController();
            guest.Vcpu = guest.AddVcpu(0, ring);
            return guest;
        }
        catch
        {
            guest.Dispose();
            throw;
        }
    }

    /// <summary>Adds a vCPU with registers like those of the first.</summary>
    internal KvmVcpu AddVcpu(int id, GuestRing ring = GuestRing.Kernel)
    {
        KvmVcpu vcpu = Vm.CreateVcpu(id);
        vcpu.SetCpuid(_system.GetSupportedCpuid());
        LongMode.Enter(vcpu, ring, CodeAddress, StackTop - (ulong)id * StackSize);
        return vcpu;
    }

    /// <summary>Adds zeroed memory.</summary>
    internal Span<byte> AddMemory(ulong guestAddress, int size)
    {
        nint address = (nint)NativeMemory.AlignedAlloc((nuint)size, 4096);
        NativeMemory.Clear((void*)address, (nuint)size);
        _allocations.Add(address);
        Vm.SetMemory(_slots++, guestAddress, (ulong)size, address);
        return new Span<byte>((void*)address, size);
    }

    /// <summary>Makes a vector's handler start at an offset of the code.</summary>
    internal void SetGate(int vector, ulong offset) => LongMode.WriteGate(Memory, vector, CodeAddress + offset);

    internal ulong ReadData(ulong offset = 0) => BinaryPrimitives.ReadUInt64LittleEndian(Memory[(int)(DataAddress + offset)..]);

    /// <summary>Runs until the guest exits. The test fails if the guest never does.</summary>
    internal KvmExitReason Run() => Run(Vcpu);

    /// <summary>Runs a vCPU until it exits. The test fails if it never does.</summary>
    internal static KvmExitReason Run(KvmVcpu vcpu)
    {
        bool isOver = false;
        using var timer = new Timer(
            _ =>
            {
                Volatile.Write(ref isOver, true);
                vcpu.RequestExit();
            },
            null,
            Limit,
            Timeout.InfiniteTimeSpan);
        while (true)
        {
            KvmExitReason reason = vcpu.Run();
            if (reason != KvmExitReason.Interrupted)
                return reason;
            Assert.False(Volatile.Read(ref isOver), $"The guest has not stopped for {Limit}; rip 0x{vcpu.GetRegisters().Rip:x}");
        }
    }

    /// <summary>Runs to the next exit, which must have the expected reason.</summary>
    internal void RunTo(KvmExitReason expected)
    {
        KvmExitReason reason = Run();
        Assert.True(
            reason == expected,
            $"The guest stopped by {reason}, not {expected}; {Describe(reason)}; rip 0x{Vcpu.GetRegisters().Rip:x}");
    }

    public void Dispose()
    {
        Vm.Dispose();
        _system.Dispose();
        foreach (nint address in _allocations)
            NativeMemory.AlignedFree((void*)address);
    }

    private string Describe(KvmExitReason reason) => reason switch
    {
        KvmExitReason.Mmio => $"address 0x{Vcpu.Mmio.Address:x}",
        KvmExitReason.Port => $"port 0x{Vcpu.Port.Port:x}",
        KvmExitReason.InternalError => Vcpu.InternalError.ToString(),
        KvmExitReason.FailedEntry => $"reason 0x{Vcpu.EntryFailure:x}",
        _ => "no details",
    };
}
