namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// A PC's clock (MC146818) behind an index and a data port: UTC in BCD, 24 hours. The guest cannot set it, and it never interrupts.
/// Kernels without a better source read the time of day from it, and wait long for a clock that reads as all ones. Thread-safe.
/// </summary>
internal sealed class CmosClock(TimeProvider time)
{
    private const byte Divider = 0x26; // 32768 Hz; no update in progress
    private const byte TwentyFourHours = 0x02;
    private const byte Valid = 0x80;

    private volatile byte _index;

    /// <summary>Selects the register that the data port shows. The highest bit masks the NMI, which this board does not have.</summary>
    public void Select(byte value) => _index = (byte)(value & 0x7f);

    /// <summary>Reads the data port.</summary>
    public byte Read()
    {
        var now = time.GetUtcNow();
        return _index switch
        {
            0x00 => Digits(now.Second),
            0x02 => Digits(now.Minute),
            0x04 => Digits(now.Hour),
            0x06 => Digits((int)now.DayOfWeek + 1),
            0x07 => Digits(now.Day),
            0x08 => Digits(now.Month),
            0x09 => Digits(now.Year % 100),
            0x0a => Divider,
            0x0b => TwentyFourHours,
            0x0d => Valid,
            0x32 => Digits(now.Year / 100),
            _ => 0,
        };
    }

    private static byte Digits(int value) => (byte)(value / 10 << 4 | value % 10);
}
