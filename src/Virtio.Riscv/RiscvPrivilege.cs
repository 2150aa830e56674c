namespace Virtio.Riscv;

/// <summary>Privilege mode of a hart; machine mode does not exist here, its work is done by the processor itself.</summary>
public enum RiscvPrivilege
{
    /// <summary>User mode.</summary>
    User = 0,

    /// <summary>Supervisor mode.</summary>
    Supervisor = 1,
}
