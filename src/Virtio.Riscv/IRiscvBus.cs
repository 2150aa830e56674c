namespace Virtio.Riscv;

/// <summary>
/// Handles a hart's accesses to physical addresses outside guest memory. Called on hart threads, possibly several at once.
/// </summary>
public interface IRiscvBus
{
    /// <summary>
    /// Reads <paramref name="size"/> bytes (1, 2, 4 or 8, naturally aligned) at a physical address; <see langword="false"/> makes the hart
    /// take an access fault.
    /// </summary>
    bool TryRead(ulong address, int size, out ulong value);

    /// <summary>
    /// Writes the low <paramref name="size"/> bytes (1, 2, 4 or 8, naturally aligned) at a physical address; <see langword="false"/> makes
    /// the hart take an access fault.
    /// </summary>
    bool TryWrite(ulong address, int size, ulong value);
}
