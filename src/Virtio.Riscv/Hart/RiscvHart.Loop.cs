using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Riscv;

/// <content>
/// The interpreter's loop. It is one method despite its length: the JIT keeps the slot, the registers' base and the count in machine
/// registers only inside one method, and a call per instruction would cost more than the instruction.
/// It must stay below the limits (60,000 bytes of IL, 2,000 blocks) beyond which the JIT stops optimising.
/// </content>
public sealed partial class RiscvHart
{
    private const ulong PageMask = ~0xFFFUL;

    /// <summary>
    /// Executes from <see cref="_pc"/> until the quantum is used up or the outer loop must act; returns how many instructions began.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Execute(int quantum)
    {
        ref ulong x = ref MemoryMarshal.GetArrayDataReference(_x);
        int remaining = quantum;
        ulong pc, va;

    Enter:
        pc = _pc;
    EnterAt:
        ref TlbEntry tlb = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_tlb.Data), _context * TranslationBuffers.ContextEntries);
        ref FetchEntry fetch = ref Unsafe.AddByteOffset(
            ref MemoryMarshal.GetArrayDataReference(_fetch), (nint)((pc >> 8) & ((TranslationBuffers.FetchEntries - 1) << 4)));
        ulong page = pc & PageMask;
        if (fetch.Tag != page)
        {
            _pc = pc;
            if (remaining == 0)
                goto Leave;
            if (!FetchMiss(pc))
            {
                // A fault at an unmapped handler would loop here forever, so it uses up the quantum like an instruction.
                remaining--;
                goto Enter;
            }
        }

        ref Slot start = ref Unsafe.Add(ref _pages.First, (nint)fetch.FirstSlot);
        ref Slot s = ref Unsafe.AddByteOffset(ref start, (nint)((pc & 0xFFE) << 2));

        while (true)
        {
            if (remaining == 0)
            {
                _pc = Pc(page, ref start, ref s);
                goto Leave;
            }

            remaining--;
            switch (s.Op)
            {
                case Op.Undecoded: remaining++; DecodeAt(fetch.FirstSlot, ref start, ref s); continue;
                case Op.PageEnd: remaining++; pc = Pc(page, ref start, ref s); goto EnterAt;
                case Op.Straddle:
                    _pc = Pc(page, ref start, ref s);
                    if (!FetchStraddling())
                        goto Enter;
                    remaining++;
                    start = ref Unsafe.Add(ref _pages.First, DecodedPages.Scratch * DecodedPages.SlotsPerPage);
                    s = ref Unsafe.Add(ref start, DecodedPages.Halfwords - 1);
                    continue;
                case Op.NopShort: s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Nop: s = ref Unsafe.Add(ref s, 2); continue;
                case Op.FenceFull: Interlocked.MemoryBarrier(); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.LoadImmediateShort: R(ref x, s.Rd) = (ulong)s.Imm; s = ref Unsafe.Add(ref s, 1); continue;
                case Op.LoadImmediate: R(ref x, s.Rd) = (ulong)s.Imm; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.MoveShort: R(ref x, s.Rd) = R(ref x, s.Rs1); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Move: R(ref x, s.Rd) = R(ref x, s.Rs1); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Auipc: R(ref x, s.Rd) = Pc(page, ref start, ref s) + (ulong)s.Imm; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Jump: s = ref Unsafe.Add(ref s, (nint)s.Imm); continue;
                case Op.JumpLink: R(ref x, s.Rd) = Pc(page, ref start, ref s) + 4; s = ref Unsafe.Add(ref s, (nint)s.Imm); continue;
                case Op.JumpFar: pc = Pc(page, ref start, ref s) + (ulong)s.Imm; goto EnterAt;
                case Op.JumpLinkFar: pc = Pc(page, ref start, ref s); R(ref x, s.Rd) = pc + 4; pc += (ulong)s.Imm; goto EnterAt;
                case Op.JumpRegister: pc = (R(ref x, s.Rs1) + (ulong)s.Imm) & ~1UL; goto EnterAt;
                case Op.JumpLinkRegister:
                    pc = (R(ref x, s.Rs1) + (ulong)s.Imm) & ~1UL;
                    R(ref x, s.Rd) = Pc(page, ref start, ref s) + ((ulong)s.Rs2 << 1); goto EnterAt;
                case Op.BeqShort: if (R(ref x, s.Rs1) == R(ref x, s.Rs2)) goto Taken; s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Beq: if (R(ref x, s.Rs1) == R(ref x, s.Rs2)) goto Taken; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.BneShort: if (R(ref x, s.Rs1) != R(ref x, s.Rs2)) goto Taken; s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Bne: if (R(ref x, s.Rs1) != R(ref x, s.Rs2)) goto Taken; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Blt: if ((long)R(ref x, s.Rs1) < (long)R(ref x, s.Rs2)) goto Taken; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Bge: if ((long)R(ref x, s.Rs1) >= (long)R(ref x, s.Rs2)) goto Taken; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Bltu: if (R(ref x, s.Rs1) < R(ref x, s.Rs2)) goto Taken; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Bgeu: if (R(ref x, s.Rs1) >= R(ref x, s.Rs2)) goto Taken; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.BranchFar:
                    if (IsTaken((s.Rd >> 2) + (int)Op.Beq, R(ref x, s.Rs1), R(ref x, s.Rs2)))
                    {
                        pc = Pc(page, ref start, ref s) + (ulong)s.Imm;
                        goto EnterAt;
                    }
                    s = ref Unsafe.Add(ref s, (nint)(s.Rd & 3)); continue;
                case Op.Lb:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry lb = ref Entry(ref tlb, va);
                    if ((va & PageMask) != lb.Tag) goto Memory;
                    R(ref x, s.Rd) = (ulong)(sbyte)HostMemory.Read8((nint)va + lb.Addend); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Lh:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry lh = ref Entry(ref tlb, va);
                    if (((va + 1) & PageMask) != lh.Tag) goto Memory;
                    R(ref x, s.Rd) = (ulong)(short)HostMemory.Read16((nint)va + lh.Addend); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.LwShort:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry shortLw = ref Entry(ref tlb, va);
                    if (((va + 3) & PageMask) != shortLw.Tag) goto Memory;
                    R(ref x, s.Rd) = (ulong)(int)HostMemory.Read32((nint)va + shortLw.Addend); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Lw:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry lw = ref Entry(ref tlb, va);
                    if (((va + 3) & PageMask) != lw.Tag) goto Memory;
                    R(ref x, s.Rd) = (ulong)(int)HostMemory.Read32((nint)va + lw.Addend); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.LdShort:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry shortLd = ref Entry(ref tlb, va);
                    if (((va + 7) & PageMask) != shortLd.Tag) goto Memory;
                    R(ref x, s.Rd) = HostMemory.Read64((nint)va + shortLd.Addend); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Ld:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry ld = ref Entry(ref tlb, va);
                    if (((va + 7) & PageMask) != ld.Tag) goto Memory;
                    R(ref x, s.Rd) = HostMemory.Read64((nint)va + ld.Addend); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Lbu:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry lbu = ref Entry(ref tlb, va);
                    if ((va & PageMask) != lbu.Tag) goto Memory;
                    R(ref x, s.Rd) = HostMemory.Read8((nint)va + lbu.Addend); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Lhu:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry lhu = ref Entry(ref tlb, va);
                    if (((va + 1) & PageMask) != lhu.Tag) goto Memory;
                    R(ref x, s.Rd) = HostMemory.Read16((nint)va + lhu.Addend); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Lwu:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry lwu = ref Entry(ref tlb, va);
                    if (((va + 3) & PageMask) != lwu.Tag) goto Memory;
                    R(ref x, s.Rd) = HostMemory.Read32((nint)va + lwu.Addend); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Sb:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm;
                    ref TlbEntry sb = ref Entry(ref Unsafe.Add(ref tlb, TranslationBuffers.DataEntries), va);
                    if ((va & PageMask) != sb.Tag) goto Memory;
                    HostMemory.Write8((nint)va + sb.Addend, (byte)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Sh:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm;
                    ref TlbEntry sh = ref Entry(ref Unsafe.Add(ref tlb, TranslationBuffers.DataEntries), va);
                    if (((va + 1) & PageMask) != sh.Tag) goto Memory;
                    HostMemory.Write16((nint)va + sh.Addend, (ushort)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.SwShort:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm;
                    ref TlbEntry shortSw = ref Entry(ref Unsafe.Add(ref tlb, TranslationBuffers.DataEntries), va);
                    if (((va + 3) & PageMask) != shortSw.Tag) goto Memory;
                    HostMemory.Write32((nint)va + shortSw.Addend, (uint)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Sw:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm;
                    ref TlbEntry sw = ref Entry(ref Unsafe.Add(ref tlb, TranslationBuffers.DataEntries), va);
                    if (((va + 3) & PageMask) != sw.Tag) goto Memory;
                    HostMemory.Write32((nint)va + sw.Addend, (uint)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.SdShort:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm;
                    ref TlbEntry shortSd = ref Entry(ref Unsafe.Add(ref tlb, TranslationBuffers.DataEntries), va);
                    if (((va + 7) & PageMask) != shortSd.Tag) goto Memory;
                    HostMemory.Write64((nint)va + shortSd.Addend, R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Sd:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm;
                    ref TlbEntry sd = ref Entry(ref Unsafe.Add(ref tlb, TranslationBuffers.DataEntries), va);
                    if (((va + 7) & PageMask) != sd.Tag) goto Memory;
                    HostMemory.Write64((nint)va + sd.Addend, R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.AddiShort: R(ref x, s.Rd) = R(ref x, s.Rs1) + (ulong)s.Imm; s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Addi: R(ref x, s.Rd) = R(ref x, s.Rs1) + (ulong)s.Imm; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Slti: R(ref x, s.Rd) = (long)R(ref x, s.Rs1) < s.Imm ? 1UL : 0; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Sltiu: R(ref x, s.Rd) = R(ref x, s.Rs1) < (ulong)s.Imm ? 1UL : 0; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Xori: R(ref x, s.Rd) = R(ref x, s.Rs1) ^ (ulong)s.Imm; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Ori: R(ref x, s.Rd) = R(ref x, s.Rs1) | (ulong)(long)s.Imm; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.AndiShort: R(ref x, s.Rd) = R(ref x, s.Rs1) & (ulong)s.Imm; s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Andi: R(ref x, s.Rd) = R(ref x, s.Rs1) & (ulong)s.Imm; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.SlliShort: R(ref x, s.Rd) = R(ref x, s.Rs1) << s.Imm; s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Slli: R(ref x, s.Rd) = R(ref x, s.Rs1) << s.Imm; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.SrliShort: R(ref x, s.Rd) = R(ref x, s.Rs1) >> s.Imm; s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Srli: R(ref x, s.Rd) = R(ref x, s.Rs1) >> s.Imm; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.SraiShort: R(ref x, s.Rd) = (ulong)((long)R(ref x, s.Rs1) >> s.Imm); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Srai: R(ref x, s.Rd) = (ulong)((long)R(ref x, s.Rs1) >> s.Imm); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.AddiwShort: R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) + s.Imm); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Addiw: R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) + s.Imm); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Slliw: R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) << s.Imm); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Srliw: R(ref x, s.Rd) = (ulong)(int)((uint)R(ref x, s.Rs1) >> s.Imm); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Sraiw: R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) >> s.Imm); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.AddShort: R(ref x, s.Rd) = R(ref x, s.Rs1) + R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Add: R(ref x, s.Rd) = R(ref x, s.Rs1) + R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.SubShort: R(ref x, s.Rd) = R(ref x, s.Rs1) - R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Sub: R(ref x, s.Rd) = R(ref x, s.Rs1) - R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Sll: R(ref x, s.Rd) = R(ref x, s.Rs1) << (int)R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Slt:
                    R(ref x, s.Rd) = (long)R(ref x, s.Rs1) < (long)R(ref x, s.Rs2) ? 1UL : 0; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Sltu: R(ref x, s.Rd) = R(ref x, s.Rs1) < R(ref x, s.Rs2) ? 1UL : 0; s = ref Unsafe.Add(ref s, 2); continue;
                case Op.XorShort: R(ref x, s.Rd) = R(ref x, s.Rs1) ^ R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Xor: R(ref x, s.Rd) = R(ref x, s.Rs1) ^ R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Srl: R(ref x, s.Rd) = R(ref x, s.Rs1) >> (int)R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Sra:
                    R(ref x, s.Rd) = (ulong)((long)R(ref x, s.Rs1) >> (int)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.OrShort: R(ref x, s.Rd) = R(ref x, s.Rs1) | R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Or: R(ref x, s.Rd) = R(ref x, s.Rs1) | R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.AndShort: R(ref x, s.Rd) = R(ref x, s.Rs1) & R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.And: R(ref x, s.Rd) = R(ref x, s.Rs1) & R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.AddwShort:
                    R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) + (int)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Addw: R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) + (int)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.SubwShort:
                    R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) - (int)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 1); continue;
                case Op.Subw: R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) - (int)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Sllw:
                    R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) << (int)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Srlw:
                    R(ref x, s.Rd) = (ulong)(int)((uint)R(ref x, s.Rs1) >> (int)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Sraw:
                    R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) >> (int)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Mul: R(ref x, s.Rd) = R(ref x, s.Rs1) * R(ref x, s.Rs2); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Mulw: R(ref x, s.Rd) = (ulong)((int)R(ref x, s.Rs1) * (int)R(ref x, s.Rs2)); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Mulhu:
                    R(ref x, s.Rd) = Math.BigMul(R(ref x, s.Rs1), R(ref x, s.Rs2), out _); s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Mulh or Op.Mulhsu or Op.Div or Op.Divu or Op.Rem or Op.Remu or Op.Divw or Op.Divuw or Op.Remw or Op.Remuw:
                    R(ref x, s.Rd) = MultiplyDivide.Compute(s.Op, R(ref x, s.Rs1), R(ref x, s.Rs2));
                    s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Flw:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry flw = ref Entry(ref tlb, va);
                    if (((va + 3) & PageMask) != flw.Tag || (_status & StatusBits.FloatMask) == 0) goto Memory;
                    R(ref MemoryMarshal.GetArrayDataReference(_f), s.Rd) = BoxedSingle | HostMemory.Read32((nint)va + flw.Addend);
                    _status |= StatusBits.FloatDirty; s = ref Unsafe.Add(ref s, (nint)s.Rs2); continue;
                case Op.Fld:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm; ref TlbEntry fld = ref Entry(ref tlb, va);
                    if (((va + 7) & PageMask) != fld.Tag || (_status & StatusBits.FloatMask) == 0) goto Memory;
                    R(ref MemoryMarshal.GetArrayDataReference(_f), s.Rd) = HostMemory.Read64((nint)va + fld.Addend);
                    _status |= StatusBits.FloatDirty; s = ref Unsafe.Add(ref s, (nint)s.Rs2); continue;
                case Op.Fsw:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm;
                    ref TlbEntry fsw = ref Entry(ref Unsafe.Add(ref tlb, TranslationBuffers.DataEntries), va);
                    if (((va + 3) & PageMask) != fsw.Tag || (_status & StatusBits.FloatMask) == 0) goto Memory;
                    HostMemory.Write32((nint)va + fsw.Addend, (uint)R(ref MemoryMarshal.GetArrayDataReference(_f), s.Rs2));
                    s = ref Unsafe.Add(ref s, (nint)s.Rd); continue;
                case Op.Fsd:
                    va = R(ref x, s.Rs1) + (ulong)s.Imm;
                    ref TlbEntry fsd = ref Entry(ref Unsafe.Add(ref tlb, TranslationBuffers.DataEntries), va);
                    if (((va + 7) & PageMask) != fsd.Tag || (_status & StatusBits.FloatMask) == 0) goto Memory;
                    HostMemory.Write64((nint)va + fsd.Addend, R(ref MemoryMarshal.GetArrayDataReference(_f), s.Rs2));
                    s = ref Unsafe.Add(ref s, (nint)s.Rd); continue;
                case Op.Atomic:
                    _pc = Pc(page, ref start, ref s);
                    if (!ExecuteAtomic((uint)s.Imm))
                        goto Enter;
                    s = ref Unsafe.Add(ref s, 2); continue;
                case Op.Float:
                    _pc = Pc(page, ref start, ref s);
                    if (!ExecuteFloat((uint)s.Imm))
                        goto Enter;
                    s = ref Unsafe.Add(ref s, 2); continue;
                case Op.System or Op.FenceInstruction or Op.Pause:
                    _pc = Pc(page, ref start, ref s);
                    _remaining = remaining;
                    switch (ExecuteSystem(s.Op, (uint)s.Imm, s.Rs2))
                    {
                        case SystemResult.Next:
                            s = ref Unsafe.Add(ref s, (nint)s.Rs2);
                            continue;
                        case SystemResult.Enter:
                            goto Enter;
                        default:
                            goto Leave;
                    }
                default:
                    _pc = Pc(page, ref start, ref s);
                    RaiseIllegalInstruction();
                    goto Enter;
            }

        Taken:
            s = ref Unsafe.Add(ref s, (nint)s.Imm);
            continue;

        Memory:
            // The address is not in the TLB, crosses two pages or is outside RAM, or the floating-point state is off.
            _pc = Pc(page, ref start, ref s);
            if (!AccessMemory(s, va))
                goto Enter;
            s = ref Unsafe.Add(ref s, IsStore(s.Op) ? (nint)s.Rd : s.Rs2);
        }

    Leave:
        Volatile.Write(ref _retired, _retired + (ulong)(quantum - remaining - _unretired));
        _unretired = 0;
        _quantum = 0;
        return quantum - remaining;
    }
}
