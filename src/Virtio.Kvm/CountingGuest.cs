using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.Versioning;
using Virtio.Kvm.Interop;

namespace Virtio.Kvm;

/// <summary>A guest that counts down in 64-bit mode at ring 0, as a kernel runs, and halts.</summary>
[SupportedOSPlatform("linux")]
internal sealed class CountingGuest : IDisposable
{
    // Guest-physical memory: a page of code, and one for each of the three levels of a page table that maps the first 2 MiB.
    private const int Code = 0;
    private const int LevelFour = 0x1000;
    private const int LevelThree = 0x2000;
    private const int LevelTwo = 0x3000;
    private const int MemorySize = 0x4000;

    private const int InstructionsPerRound = 2;
    private const int FewRounds = 50;
    private const int ManyRounds = FewRounds + 1000;
    private const int Attempts = 3;

    // dec ecx; jnz to the start; hlt.
    private static ReadOnlySpan<byte> Instructions => [0xff, 0xc9, 0x75, 0xfc, 0xf4];

    private readonly HostPages _memory = new(MemorySize);
    private readonly KvmVm _vm;
    private readonly KvmVcpu _vcpu;
    private volatile bool _stopped;

    internal CountingGuest(KvmSystem system)
    {
        _vm = system.CreateVm();
        try
        {
            WriteMemory();
            _vm.SetTssAddress(0xfffbd000);
            _vm.SetMemory(0, 0, MemorySize, _memory.Address);
            _vcpu = _vm.CreateVcpu(0);
            _vcpu.SetCpuid(system.GetSupportedCpuid());
            SetSpecialRegisters();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Measures the nanoseconds that an instruction takes, at most; null if stopped. Called once, on one thread.</summary>
    /// <exception cref="KvmException">The guest does not run.</exception>
    internal double? Measure()
    {
        // The first run is slow, in the host kernel and here, so its time does not count.
        if (Run(FewRounds) is null)
            return null;
        double best = double.MaxValue;
        TimeSpan few = TimeSpan.MaxValue;
        TimeSpan many = TimeSpan.MaxValue;

        // Other work of the host only makes a run longer, so the shortest run of each length is the most accurate.
        for (int i = 0; i < Attempts && best > KvmProbe.SlowestInstruction; i++)
        {
            if (Run(FewRounds) is not { } shorter || Run(ManyRounds) is not { } longer)
                return null;
            few = shorter < few ? shorter : few;
            many = longer < many ? longer : many;

            // This time includes entering and leaving the guest. If it is below the limit, KVM is fast.
            best = many.TotalNanoseconds / (ManyRounds * InstructionsPerRound);
        }

        return best <= KvmProbe.SlowestInstruction
            ? best
            : double.Max(0, (many - few).TotalNanoseconds / ((ManyRounds - FewRounds) * InstructionsPerRound));
    }

    /// <summary>Ends a running <see cref="Measure"/>. Any thread may call it.</summary>
    internal void Stop()
    {
        _stopped = true;
        _vcpu.RequestExit();
    }

    public void Dispose()
    {
        _vm.Dispose();
        _memory.Dispose();
    }

    private TimeSpan? Run(int rounds)
    {
        _vcpu.SetRegisters(new KvmRegisters { Rip = Code, Rcx = (ulong)rounds, Rflags = 2 });
        long start = Stopwatch.GetTimestamp();
        KvmExitReason reason;
        while ((reason = _vcpu.Run()) == KvmExitReason.Interrupted)
        {
            if (_stopped)
                return null;
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        return reason == KvmExitReason.Halt && (uint)_vcpu.GetRegisters().Rcx == 0
            ? time
            : throw new KvmException(KvmRequest.Run.Name, Unexpected(reason));
    }

    private string Unexpected(KvmExitReason reason) =>
        $"a guest that counts and halts stopped by {reason}{(reason == KvmExitReason.InternalError ? $": {_vcpu.InternalError}" : "")}";

    private void WriteMemory()
    {
        const ulong present = 3; // Writable too.
        const ulong large = 0x80;
        Span<byte> memory = _memory.Span;
        Instructions.CopyTo(memory[Code..]);
        BinaryPrimitives.WriteUInt64LittleEndian(memory[LevelFour..], LevelThree | present);
        BinaryPrimitives.WriteUInt64LittleEndian(memory[LevelThree..], LevelTwo | present);
        BinaryPrimitives.WriteUInt64LittleEndian(memory[LevelTwo..], present | large);
    }

    private void SetSpecialRegisters()
    {
        KvmSpecialRegisters registers = _vcpu.GetSpecialRegisters();
        var data = new KvmSegment
        {
            Limit = uint.MaxValue,
            Selector = 0x10,
            Type = 3,
            Present = 1,
            CodeOrData = 1,
            DefaultSize = 1,
            Granularity = 1,
        };
        registers.Data = registers.Extra = registers.Fs = registers.Gs = registers.Stack = data;
        registers.Code = data with { Selector = 8, Type = 0xb, DefaultSize = 0, LongMode = 1 };
        registers.Cr0 = 0x80000033; // Paging, numeric errors, 387 present, monitor, protection.
        registers.Cr3 = LevelFour;
        registers.Cr4 = 0x20; // Physical address extension.
        registers.Efer = 0x500; // Long mode, active and enabled.
        _vcpu.SetSpecialRegisters(registers);
    }
}
