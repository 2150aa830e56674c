using System.Runtime.InteropServices;

namespace Virtio.Riscv;

/// <summary>
/// A decoded instruction in 8 bytes. Its length, in slots, is in the field that its format leaves free: <see cref="Imm"/> where there are
/// three registers, <see cref="Rd"/> for stores and branches, <see cref="Rs2"/> for everything else.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Slot
{
    public Op Op;

    /// <summary>Destination register; <see cref="Discard"/> for x0, so that no write needs a check.</summary>
    public byte Rd;

    public byte Rs1;
    public byte Rs2;

    /// <summary>
    /// The immediate; for a branch inside the page the distance in slots; for an instruction executed out of line the whole instruction.
    /// </summary>
    public int Imm;

    /// <summary>Index of the register that swallows writes to x0.</summary>
    public const byte Discard = 32;
}
