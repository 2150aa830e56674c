namespace Virtio.Riscv;

/// <summary>How the loop goes on after an instruction that may change everything it keeps in locals.</summary>
internal enum SystemResult
{
    /// <summary>With the next instruction.</summary>
    Next,

    /// <summary>At the hart's program counter, with all state read anew.</summary>
    Enter,

    /// <summary>At the hart's program counter, after looking at interrupts and requests.</summary>
    Leave,
}
