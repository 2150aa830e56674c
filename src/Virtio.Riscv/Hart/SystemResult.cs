namespace Virtio.Riscv;

/// <summary>How the loop continues after an instruction that may change the state that the loop keeps in locals.</summary>
internal enum SystemResult
{
    /// <summary>With the next instruction.</summary>
    Next,

    /// <summary>At the hart's program counter, with all state read again.</summary>
    Enter,

    /// <summary>At the hart's program counter, after polling interrupts and requests.</summary>
    Leave,
}
