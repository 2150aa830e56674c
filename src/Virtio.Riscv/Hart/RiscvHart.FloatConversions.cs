using Virtio.Riscv.Float;

namespace Virtio.Riscv;

/// <content>Conversions and moves between the integer and the floating-point registers.</content>
public sealed partial class RiscvHart
{
    private bool ConvertFormat(uint insn, bool toDouble, RoundingMode mode) => (toDouble, Field(insn, 20)) switch
    {
        (false, 1) => WriteSingle(insn, Float32.FromFloat64(_f[Field(insn, 15)], mode, ref _fflags)),
        (true, 0) => WriteDouble(insn, Float64.FromFloat32(Single(Field(insn, 15)), ref _fflags)),
        _ => false,
    };

    private bool ConvertToInteger(uint insn, bool isDouble, RoundingMode mode)
    {
        int kind = Field(insn, 20);
        if (kind > 3)
            return false;
        ulong wide = _f[Field(insn, 15)];
        uint single = Single(Field(insn, 15));
        ulong result = kind switch
        {
            0 => (ulong)(isDouble ? Float64.ToInt32(wide, mode, ref _fflags) : Float32.ToInt32(single, mode, ref _fflags)),
            1 => (ulong)(int)(isDouble ? Float64.ToUInt32(wide, mode, ref _fflags) : Float32.ToUInt32(single, mode, ref _fflags)),
            2 => (ulong)(isDouble ? Float64.ToInt64(wide, mode, ref _fflags) : Float32.ToInt64(single, mode, ref _fflags)),
            _ => isDouble ? Float64.ToUInt64(wide, mode, ref _fflags) : Float32.ToUInt64(single, mode, ref _fflags),
        };
        return WriteInteger(insn, result);
    }

    private bool ConvertFromInteger(uint insn, bool isDouble, RoundingMode mode)
    {
        ulong value = _x[Field(insn, 15)];
        return (isDouble, Field(insn, 20)) switch
        {
            (false, 0) => WriteSingle(insn, Float32.FromInt32((int)value, mode, ref _fflags)),
            (false, 1) => WriteSingle(insn, Float32.FromUInt32((uint)value, mode, ref _fflags)),
            (false, 2) => WriteSingle(insn, Float32.FromInt64((long)value, mode, ref _fflags)),
            (false, 3) => WriteSingle(insn, Float32.FromUInt64(value, mode, ref _fflags)),
            (true, 0) => WriteDouble(insn, Float64.FromInt32((int)value, mode, ref _fflags)),
            (true, 1) => WriteDouble(insn, Float64.FromUInt32((uint)value, mode, ref _fflags)),
            (true, 2) => WriteDouble(insn, Float64.FromInt64((long)value, mode, ref _fflags)),
            (true, 3) => WriteDouble(insn, Float64.FromUInt64(value, mode, ref _fflags)),
            _ => false,
        };
    }

    // Moves and classification. FMV.X.W takes the register's low half, boxed or not.
    private bool MoveToInteger(uint insn, bool isDouble)
    {
        if (Field(insn, 20) != 0)
            return false;
        ulong value = _f[Field(insn, 15)];
        return ((insn >> 12) & 7) switch
        {
            0 => WriteInteger(insn, isDouble ? value : (ulong)(int)value),
            1 => WriteInteger(insn, isDouble ? Float64.Classify(value) : Float32.Classify(Single(Field(insn, 15)))),
            _ => false,
        };
    }

    private bool MoveFromInteger(uint insn, bool isDouble)
    {
        if (Field(insn, 20) != 0 || ((insn >> 12) & 7) != 0)
            return false;
        ulong value = _x[Field(insn, 15)];
        return isDouble ? WriteDouble(insn, value) : WriteSingle(insn, (uint)value);
    }
}
