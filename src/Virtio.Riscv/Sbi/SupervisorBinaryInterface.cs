namespace Virtio.Riscv;

/// <summary>
/// Implements the guest's calls to firmware (SBI 2.0). There is no firmware image: the processor itself handles a call, on the thread of
/// the calling hart. The guest chooses every argument, so any value is possible.
/// </summary>
internal sealed class SupervisorBinaryInterface(RiscvMachine machine, RiscvDebugConsole? console)
{
    private const int A0 = 10;
    private const long SpecificationVersion = 2 << 24;
    private const long ImplementationVersion = 1;

    // Unassigned in the specification's list of implementations.
    private const long ImplementationId = 0x7669_7274;

    private readonly Lock _consoleGate = new();

    /// <summary>Handles the call in the hart's registers and stores the result there.</summary>
    public void Call(RiscvHart hart)
    {
        ulong extension = hart.GetRegister(17), function = hart.GetRegister(16);
        if (extension <= SbiExtension.LegacyShutdown)
        {
            hart.SetRegister(A0, (ulong)CallLegacy(hart, extension));
            return;
        }

        (long error, long value) = extension switch
        {
            SbiExtension.Base => CallBase(hart, function),
            SbiExtension.Timer => (SetTimer(hart, function), 0),
            SbiExtension.InterProcessorInterrupt => (SendInterrupt(hart, function), 0),
            SbiExtension.RemoteFence => (RemoteFence(hart, function), 0),
            SbiExtension.HartState => CallHartState(hart, function),
            SbiExtension.SystemReset => (Reset(hart, function), 0),
            SbiExtension.DebugConsole => CallConsole(hart, function),
            _ => (SbiError.NotSupported, 0),
        };
        hart.SetRegister(A0, (ulong)error);
        hart.SetRegister(A0 + 1, (ulong)value);
    }

    private static ulong Argument(RiscvHart hart, int index) => hart.GetRegister(A0 + index);

    private long CallLegacy(RiscvHart hart, ulong extension)
    {
        switch (extension)
        {
            case SbiExtension.LegacySetTimer:
                hart.WriteTimer(Argument(hart, 0));
                return SbiError.Success;
            case SbiExtension.LegacyPutCharacter:
                return WriteByte(hart);
            case SbiExtension.LegacyGetCharacter:
                return -1;
            case SbiExtension.LegacyShutdown:
                machine.Stop(RiscvStopReason.Shutdown);
                return SbiError.Success;
            default:
                return SbiError.NotSupported;
        }
    }

    private static (long Error, long Value) CallBase(RiscvHart hart, ulong function) => function switch
    {
        0 => (SbiError.Success, SpecificationVersion),
        1 => (SbiError.Success, ImplementationId),
        2 => (SbiError.Success, ImplementationVersion),
        3 => (SbiError.Success, IsAnswered(Argument(hart, 0)) ? 1 : 0),
        4 or 5 or 6 => (SbiError.Success, 0),
        _ => (SbiError.NotSupported, 0),
    };

    private static bool IsAnswered(ulong extension) => extension is
        SbiExtension.LegacySetTimer or SbiExtension.LegacyPutCharacter or SbiExtension.LegacyGetCharacter or SbiExtension.LegacyShutdown or
        SbiExtension.Base or SbiExtension.Timer or SbiExtension.InterProcessorInterrupt or SbiExtension.RemoteFence or
        SbiExtension.HartState or SbiExtension.SystemReset or SbiExtension.DebugConsole;

    private static long SetTimer(RiscvHart hart, ulong function)
    {
        if (function != 0)
            return SbiError.NotSupported;
        hart.WriteTimer(Argument(hart, 0));
        return SbiError.Success;
    }

    private long SendInterrupt(RiscvHart hart, ulong function)
    {
        if (function != 0)
            return SbiError.NotSupported;
        if (!TrySelect(Argument(hart, 0), Argument(hart, 1), out uint harts))
            return SbiError.InvalidParameter;
        foreach (RiscvHart target in machine.AllHarts)
        {
            if ((harts & (1u << target.Id)) != 0)
                target.SetLine(TrapCause.SoftwareInterrupt, true);
        }

        return SbiError.Success;
    }

    // A base of all ones means every hart (SBI 2.0, 3.1).
    private bool TrySelect(ulong mask, ulong first, out uint harts)
    {
        uint all = (1u << machine.AllHarts.Length) - 1;
        harts = all;
        if (first == ulong.MaxValue)
            return true;
        if (first >= (ulong)machine.AllHarts.Length)
        {
            harts = 0;
            return mask == 0;
        }

        ulong selected = mask << (int)first;
        harts = (uint)selected & all;
        return selected >> (int)first == mask && selected <= all;
    }

    private long RemoteFence(RiscvHart hart, ulong function)
    {
        // 0 is FENCE.I; 1 and 2 are SFENCE.VMA without and with an address space; the others are for hypervisors.
        if (function > 2)
            return SbiError.NotSupported;
        if (!TrySelect(Argument(hart, 0), Argument(hart, 1), out uint harts))
            return SbiError.InvalidParameter;
        HartRequests fence = function == 0 ? HartRequests.FenceInstructions : HartRequests.FenceTranslations;
        foreach (RiscvHart target in machine.AllHarts)
        {
            if ((harts & (1u << target.Id)) != 0)
                target.Request(fence);
        }

        WaitUntilServed(hart, harts, fence);
        return SbiError.Success;
    }

    // The caller frees the pages that it unmapped as soon as this returns.
    private void WaitUntilServed(RiscvHart hart, uint harts, HartRequests fence)
    {
        SpinWait spin = default;
        foreach (RiscvHart target in machine.AllHarts)
        {
            if ((harts & (1u << target.Id)) == 0)
                continue;
            while (target.HasYetToServe(fence))
            {
                if (!hart.ServeFences())
                    return;
                if (target != hart)
                    spin.SpinOnce(sleep1Threshold: -1);
            }
        }
    }

    private (long Error, long Value) CallHartState(RiscvHart hart, ulong function)
    {
        switch (function)
        {
            case 0:
                return (StartHart(hart), 0);
            case 1:
                hart.Stop();
                return (SbiError.Success, 0);
            case 2:
                ulong id = Argument(hart, 0);
                return id < (ulong)machine.AllHarts.Length
                    ? (SbiError.Success, machine.AllHarts[(int)id].State)
                    : (SbiError.InvalidParameter, 0);
            case 3 when (uint)Argument(hart, 0) == 0:
                hart.WaitForInterrupt();
                return (SbiError.Success, 0);
            case 3:
                return (SbiError.NotSupported, 0);
            default:
                return (SbiError.NotSupported, 0);
        }
    }

    private long StartHart(RiscvHart hart)
    {
        ulong id = Argument(hart, 0), address = Argument(hart, 1);
        if (id >= (ulong)machine.AllHarts.Length)
            return SbiError.InvalidParameter;
        if (machine.Memory.Find(address, 2) == 0)
            return SbiError.InvalidAddress;
        return machine.AllHarts[(int)id].TryStart(address, Argument(hart, 2)) ? SbiError.Success : SbiError.AlreadyAvailable;
    }

    private long Reset(RiscvHart hart, ulong function)
    {
        const uint Shutdown = 0, ColdReboot = 1, WarmReboot = 2, SystemFailure = 1;
        if (function != 0)
            return SbiError.NotSupported;
        ulong type = Argument(hart, 0), reason = Argument(hart, 1);
        if (type is not (Shutdown or ColdReboot or WarmReboot) || reason > SystemFailure)
            return SbiError.InvalidParameter;
        RiscvStopReason end = type == Shutdown ? RiscvStopReason.Shutdown : RiscvStopReason.Reboot;
        machine.Stop(reason == SystemFailure ? RiscvStopReason.SystemFailure : end);
        return SbiError.Success;
    }

    private (long Error, long Value) CallConsole(RiscvHart hart, ulong function) => function switch
    {
        0 => WriteConsole(Argument(hart, 0), Argument(hart, 1), Argument(hart, 2)),
        1 => (SbiError.Success, 0),
        2 => (WriteByte(hart), 0),
        _ => (SbiError.NotSupported, 0),
    };

    private long WriteByte(RiscvHart hart)
    {
        byte character = (byte)Argument(hart, 0);
        lock (_consoleGate)
            console?.Invoke(new ReadOnlySpan<byte>(in character));
        return SbiError.Success;
    }

    // A call may write less than requested. The bound keeps one call from occupying the hart for long.
    private (long Error, long Value) WriteConsole(ulong length, ulong low, ulong high)
    {
        const ulong Most = 4096;
        length = Math.Min(length, Most);
        if (length == 0)
            return (SbiError.Success, 0);
        nint host = high == 0 ? machine.Memory.Find(low, length) : 0;
        if (host == 0)
            return (SbiError.InvalidParameter, 0);
        lock (_consoleGate)
            console?.Invoke(HostMemory.Bytes(host, (int)length));
        return (SbiError.Success, (long)length);
    }
}
