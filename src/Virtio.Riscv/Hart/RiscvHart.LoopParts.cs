using System.Runtime.CompilerServices;

namespace Virtio.Riscv;

/// <content>The small parts of the loop; the JIT inlines all but one of them.</content>
public sealed partial class RiscvHart
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ulong R(ref ulong registers, byte index) => ref Unsafe.Add(ref registers, (nint)index);

    // A slot has 8 bytes for 2 bytes of code.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Pc(ulong page, ref Slot start, ref Slot slot) => page + ((ulong)Unsafe.ByteOffset(ref start, ref slot) >> 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref TlbEntry Entry(ref TlbEntry entries, ulong address) =>
        ref Unsafe.AddByteOffset(ref entries, (nint)((address >> 8) & ((TranslationBuffers.DataEntries - 1) << 4)));

    private static bool IsTaken(int op, ulong left, ulong right) => (Op)op switch
    {
        Op.Beq => left == right,
        Op.Bne => left != right,
        Op.Blt => (long)left < (long)right,
        Op.Bge => (long)left >= (long)right,
        Op.Bltu => left < right,
        _ => left >= right,
    };
}
