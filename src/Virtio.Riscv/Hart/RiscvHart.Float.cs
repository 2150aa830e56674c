using Virtio.Riscv.Float;

namespace Virtio.Riscv;

/// <content>
/// The F and D extensions: decoding, NaN boxing, rounding modes and the state in <c>sstatus.FS</c>. The arithmetic is in <c>Float/</c>.
/// </content>
public sealed partial class RiscvHart
{
    private const ulong BoxedSingle = 0xFFFF_FFFF_0000_0000;
    private const uint SingleSign = 1U << 31;
    private const ulong DoubleSign = 1UL << 63;

    private bool ExecuteFloat(uint insn)
    {
        FloatFlags before = _fflags;
        if ((_status & StatusBits.FloatMask) == 0 || !TryExecuteFloat(insn))
        {
            RaiseIllegalInstruction();
            return false;
        }

        if (_fflags != before)
            _status |= StatusBits.FloatDirty;
        return true;
    }

    private bool TryExecuteFloat(uint insn)
    {
        bool isDouble = ((insn >> 25) & 1) != 0;
        if (((insn >> 26) & 1) != 0 && (insn & 0x7F) != 0x53)
            return false;
        if ((insn & 0x7F) != 0x53)
            return TryGetRounding(insn, out RoundingMode fused) && (isDouble ? FuseDouble(insn, fused) : FuseSingle(insn, fused));
        return (insn >> 27) switch
        {
            _ when ((insn >> 26) & 1) != 0 => false,
            0 or 1 or 2 or 3 or 0x0B =>
                TryGetRounding(insn, out RoundingMode mode) && (isDouble ? ComputeDouble(insn, mode) : ComputeSingle(insn, mode)),
            4 => InjectSign(insn, isDouble),
            5 => SelectExtreme(insn, isDouble),
            0x08 => TryGetRounding(insn, out RoundingMode mode) && ConvertFormat(insn, isDouble, mode),
            0x14 => Compare(insn, isDouble),
            0x18 => TryGetRounding(insn, out RoundingMode mode) && ConvertToInteger(insn, isDouble, mode),
            0x1A => TryGetRounding(insn, out RoundingMode mode) && ConvertFromInteger(insn, isDouble, mode),
            0x1C => MoveToInteger(insn, isDouble),
            0x1E => MoveFromInteger(insn, isDouble),
            _ => false,
        };
    }

    private bool TryGetRounding(uint insn, out RoundingMode mode)
    {
        const uint Dynamic = 7;
        uint field = (insn >> 12) & 7;
        mode = (RoundingMode)(field == Dynamic ? _frm : field);
        return mode <= RoundingMode.NearestMaxMagnitude;
    }

    private static int Field(uint insn, int start) => (int)(insn >> start) & 31;

    // A single that is not boxed reads as the canonical NaN (unprivileged spec, 21.2).
    private uint Single(int register) => _f[register] >= BoxedSingle ? (uint)_f[register] : Float32.CanonicalNaN;

    private void WriteFloat(int register, ulong value)
    {
        _f[register] = value;
        _status |= StatusBits.FloatDirty;
    }

    private bool WriteSingle(uint insn, uint value)
    {
        WriteFloat(Field(insn, 7), value | BoxedSingle);
        return true;
    }

    private bool WriteDouble(uint insn, ulong value)
    {
        WriteFloat(Field(insn, 7), value);
        return true;
    }

    private bool WriteInteger(uint insn, ulong value)
    {
        int rd = Field(insn, 7);
        _x[rd == 0 ? Slot.Discard : rd] = value;
        return true;
    }

    private bool FuseSingle(uint insn, RoundingMode mode)
    {
        uint kind = (insn >> 2) & 3;
        uint product = Single(Field(insn, 15)) ^ (kind >= 2 ? SingleSign : 0);
        uint addend = Single(Field(insn, 27)) ^ (kind is 1 or 3 ? SingleSign : 0);
        return WriteSingle(insn, Float32.FusedMultiplyAdd(product, Single(Field(insn, 20)), addend, mode, ref _fflags));
    }

    private bool FuseDouble(uint insn, RoundingMode mode)
    {
        uint kind = (insn >> 2) & 3;
        ulong product = _f[Field(insn, 15)] ^ (kind >= 2 ? DoubleSign : 0);
        ulong addend = _f[Field(insn, 27)] ^ (kind is 1 or 3 ? DoubleSign : 0);
        return WriteDouble(insn, Float64.FusedMultiplyAdd(product, _f[Field(insn, 20)], addend, mode, ref _fflags));
    }

    private bool ComputeSingle(uint insn, RoundingMode mode)
    {
        uint a = Single(Field(insn, 15)), b = Single(Field(insn, 20));
        return (insn >> 27) switch
        {
            0 => WriteSingle(insn, Float32.Add(a, b, mode, ref _fflags)),
            1 => WriteSingle(insn, Float32.Sub(a, b, mode, ref _fflags)),
            2 => WriteSingle(insn, Float32.Mul(a, b, mode, ref _fflags)),
            3 => WriteSingle(insn, Float32.Div(a, b, mode, ref _fflags)),
            _ => Field(insn, 20) == 0 && WriteSingle(insn, Float32.Sqrt(a, mode, ref _fflags)),
        };
    }

    private bool ComputeDouble(uint insn, RoundingMode mode)
    {
        ulong a = _f[Field(insn, 15)], b = _f[Field(insn, 20)];
        return (insn >> 27) switch
        {
            0 => WriteDouble(insn, Float64.Add(a, b, mode, ref _fflags)),
            1 => WriteDouble(insn, Float64.Sub(a, b, mode, ref _fflags)),
            2 => WriteDouble(insn, Float64.Mul(a, b, mode, ref _fflags)),
            3 => WriteDouble(insn, Float64.Div(a, b, mode, ref _fflags)),
            _ => Field(insn, 20) == 0 && WriteDouble(insn, Float64.Sqrt(a, mode, ref _fflags)),
        };
    }

    private bool InjectSign(uint insn, bool isDouble)
    {
        uint kind = (insn >> 12) & 7;
        if (kind > 2)
            return false;
        ulong sign = isDouble ? DoubleSign : SingleSign;
        ulong a = isDouble ? _f[Field(insn, 15)] : Single(Field(insn, 15));
        ulong b = isDouble ? _f[Field(insn, 20)] : Single(Field(insn, 20));
        ulong injected = kind switch { 0 => b, 1 => ~b, _ => a ^ b } & sign;
        ulong result = (a & ~sign) | injected;
        return isDouble ? WriteDouble(insn, result) : WriteSingle(insn, (uint)result);
    }

    private bool SelectExtreme(uint insn, bool isDouble)
    {
        uint kind = (insn >> 12) & 7;
        if (kind > 1)
            return false;
        if (isDouble)
        {
            ulong a = _f[Field(insn, 15)], b = _f[Field(insn, 20)];
            return WriteDouble(insn, kind == 0 ? Float64.Min(a, b, ref _fflags) : Float64.Max(a, b, ref _fflags));
        }

        uint left = Single(Field(insn, 15)), right = Single(Field(insn, 20));
        return WriteSingle(insn, kind == 0 ? Float32.Min(left, right, ref _fflags) : Float32.Max(left, right, ref _fflags));
    }

    private bool Compare(uint insn, bool isDouble)
    {
        uint kind = (insn >> 12) & 7;
        if (kind > 2)
            return false;
        bool holds;
        if (isDouble)
        {
            ulong a = _f[Field(insn, 15)], b = _f[Field(insn, 20)];
            holds = kind switch
            {
                0 => Float64.LessOrEqual(a, b, ref _fflags),
                1 => Float64.LessThan(a, b, ref _fflags),
                _ => Float64.Equal(a, b, ref _fflags),
            };
        }
        else
        {
            uint a = Single(Field(insn, 15)), b = Single(Field(insn, 20));
            holds = kind switch
            {
                0 => Float32.LessOrEqual(a, b, ref _fflags),
                1 => Float32.LessThan(a, b, ref _fflags),
                _ => Float32.Equal(a, b, ref _fflags),
            };
        }

        return WriteInteger(insn, holds ? 1UL : 0);
    }
}
