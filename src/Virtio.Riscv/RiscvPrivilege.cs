namespace Virtio.Riscv;

/// <summary>Privilege mode of a hart. There is no machine mode; the processor itself does the work of machine mode.</summary>
public enum RiscvPrivilege
{
    /// <summary>User mode.</summary>
    User = 0,

    /// <summary>Supervisor mode.</summary>
    Supervisor = 1,
}
