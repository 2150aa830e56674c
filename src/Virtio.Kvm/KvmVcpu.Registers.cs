using Virtio.Kvm.Interop;

namespace Virtio.Kvm;

// The vCPU's state, for the thread that runs it: these calls block while it runs. Setting registers completes a pending access first.
// Otherwise that access would be completed later and overwrite the registers that were set.
public sealed partial class KvmVcpu
{
    /// <summary>The size of a local APIC's state in bytes (<c>struct kvm_lapic_state</c>).</summary>
    public const int LocalApicLength = 1024;

    /// <summary>Gets the general registers. Before <see cref="CompleteExit"/> they may be those of an incomplete instruction.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public KvmRegisters GetRegisters() => Get<KvmRegisters>(KvmRequest.GetRegisters);

    /// <summary>Sets the general registers.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    /// <exception cref="InvalidOperationException">An access is pending that takes more than one step to complete.</exception>
    public void SetRegisters(in KvmRegisters registers) => Set(KvmRequest.SetRegisters, registers);

    /// <summary>Gets segment and control registers.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public KvmSpecialRegisters GetSpecialRegisters() => Get<KvmSpecialRegisters>(KvmRequest.GetSpecialRegisters);

    /// <summary>Sets segment and control registers.</summary>
    /// <exception cref="KvmException">The call failed, for example because no processor can be in that state.</exception>
    /// <exception cref="InvalidOperationException">An access is pending that takes more than one step to complete.</exception>
    public void SetSpecialRegisters(in KvmSpecialRegisters registers) => Set(KvmRequest.SetSpecialRegisters, registers);

    /// <summary>Gets floating-point registers.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public KvmFloatingPoint GetFloatingPoint() => Get<KvmFloatingPoint>(KvmRequest.GetFloatingPoint);

    /// <summary>Sets floating-point registers.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    /// <exception cref="InvalidOperationException">An access is pending that takes more than one step to complete.</exception>
    public void SetFloatingPoint(in KvmFloatingPoint registers) => Set(KvmRequest.SetFloatingPoint, registers);

    /// <summary>Gets the multiprocessing state. Interrupt controllers must be in the kernel.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public KvmMpState GetMpState() => (KvmMpState)Get<uint>(KvmRequest.GetMpState);

    /// <summary>
    /// Sets the multiprocessing state; <see cref="KvmMpState.Runnable"/> starts a vCPU without INIT and startup interrupt.
    /// </summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void SetMpState(KvmMpState state) => Set(KvmRequest.SetMpState, (uint)state);

    /// <summary>Gets the state of the local APIC: its registers in their memory layout.</summary>
    /// <param name="state"><see cref="LocalApicLength"/> bytes.</param>
    /// <exception cref="KvmException">The call failed, for example without <see cref="KvmVm.CreateInterruptController"/>.</exception>
    public void GetLocalApic(Span<byte> state)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(state.Length, LocalApicLength);
        KvmCalls.Invoke(_handle, KvmRequest.GetLocalApic, state);
    }

    /// <summary>Sets the state of the local APIC.</summary>
    /// <param name="state"><see cref="LocalApicLength"/> bytes.</param>
    /// <exception cref="KvmException">The call failed, for example without <see cref="KvmVm.CreateInterruptController"/>.</exception>
    public void SetLocalApic(ReadOnlySpan<byte> state)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(state.Length, LocalApicLength);
        Span<byte> copy = stackalloc byte[LocalApicLength];
        state.CopyTo(copy);
        KvmCalls.Invoke(_handle, KvmRequest.SetLocalApic, copy);
    }

    /// <summary>Sets the CPUID results. Before the vCPU runs for the first time.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void SetCpuid(ReadOnlySpan<KvmCpuidEntry> entries) => KvmCalls.Invoke(_handle, KvmRequest.SetCpuid, EntryList.Of(entries));

    /// <summary>Gets model-specific registers.</summary>
    /// <param name="registers">The registers to read; their values are filled in.</param>
    /// <exception cref="KvmException">The call failed, or KVM lacks a register, which the message names.</exception>
    public void GetMsrs(Span<KvmMsr> registers)
    {
        byte[] list = EntryList.Of<KvmMsr>(registers);
        int done = KvmCalls.Invoke(_handle, KvmRequest.GetMsrs, list);
        ThrowUnlessAll(KvmRequest.GetMsrs, registers, done);
        EntryList.Entries<KvmMsr>(list).CopyTo(registers);
    }

    /// <summary>Sets model-specific registers, in order.</summary>
    /// <exception cref="KvmException">
    /// The call failed, or KVM rejected a register, which the message names. The registers before it are set.
    /// </exception>
    public void SetMsrs(ReadOnlySpan<KvmMsr> registers)
    {
        int done = KvmCalls.Invoke(_handle, KvmRequest.SetMsrs, EntryList.Of(registers));
        ThrowUnlessAll(KvmRequest.SetMsrs, registers, done);
    }

    /// <summary>The frequency of the guest's time stamp counter, in kHz.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public int GetTscFrequency() => KvmCalls.Invoke(_handle, KvmRequest.GetTscFrequency);

    /// <summary>
    /// Sets the frequency of the guest's time stamp counter in kHz, where <see cref="KvmCapability.TscControl"/> allows it.
    /// </summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void SetTscFrequency(int kilohertz) => KvmCalls.Invoke(_handle, KvmRequest.SetTscFrequency, kilohertz);

    /// <summary>
    /// Tells the guest, the next time the vCPU runs, that it was paused. Its kernel then does not mistake the pause for a hung processor.
    /// </summary>
    /// <returns>
    /// Whether the guest uses KVM's shared clock. Without that clock, or on a KVM without this call, the guest cannot be told.
    /// </returns>
    /// <exception cref="KvmException">The call failed.</exception>
    public bool MarkPaused()
    {
        try
        {
            KvmCalls.Invoke(_handle, KvmRequest.MarkPaused);
            return true;
        }
        catch (KvmException e) when (e.ErrorNumber is ErrorNumbers.InvalidArgument or ErrorNumbers.NoSuchRequest)
        {
            return false;
        }
    }

    private static void ThrowUnlessAll(in KvmRequest request, ReadOnlySpan<KvmMsr> registers, int done)
    {
        if (done < registers.Length)
            throw new KvmException(request.Name, $"KVM does not have MSR 0x{registers[done].Index:x}, or not with this value");
    }

    private T Get<T>(in KvmRequest request)
        where T : unmanaged
    {
        var value = default(T);
        KvmCalls.Invoke(_handle, request, ref value);
        return value;
    }

    private void Set<T>(in KvmRequest request, T value)
        where T : unmanaged
    {
        if (CompleteExit() != KvmExitReason.Interrupted)
        {
            throw new InvalidOperationException(
                $"vCPU {Id} is in the middle of an instruction that needs another access; run it until that is done");
        }

        KvmCalls.Invoke(_handle, request, ref value);
    }
}
