using System.Buffers.Binary;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>
/// A hostile kernel: 2,000,000 reads and writes of 1, 2, 4 and 8 bytes with random values at random addresses, aligned or not, of the
/// interrupt controller, the serial port and four virtio devices. It ignores every trap, and switches the machine off at the end.
/// </summary>
internal static class HostileKernel
{
    private const int SeedWord = 2;

    // The first two instructions jump over the data: the seed, the number of rounds, four regions of address and mask.
    private static readonly uint[] Data =
    [
        0x0580_006f, 0x0000_0013, 0x0000_0000, 0x0000_0000, 0x001e_8480, 0x0000_0000,
        0x0c00_0000, 0x0000_0000, 0x0000_3fff, 0x0000_0000, // the interrupt controller's priorities, pending and enable bits
        0x0c00_0000, 0x0000_0000, 0x007f_ffff, 0x0000_0000, // all of it, and beyond
        0x1000_0000, 0x0000_0000, 0x0000_01ff, 0x0000_0000, // the serial port, and beyond
        0x1000_1000, 0x0000_0000, 0x0000_3fff, 0x0000_0000, // the virtio devices
    ];

    // stvec = trap; loop: s0 = xorshift64(s0); address = region[s0 >> 62], masked; one of sb sh sw sd lb lh lw ld; after the last, SRST.
    // trap: sepc += 4; sret.
    private static readonly uint[] Code =
    [
        0x0000_0497, 0xfa84_8493, 0x0000_0297, 0x0cc2_8293, 0x1052_9073, 0x0084_b403, 0x0104_b903, 0x00d4_1293,
        0x0054_4433, 0x0074_5293, 0x0054_4433, 0x0114_1293, 0x0054_4433, 0x03e4_5313, 0x0043_1313, 0x0093_0333,
        0x0183_3383, 0x0203_3e03, 0x0054_5e93, 0x01ce_feb3, 0x01d3_83b3, 0x0284_5f13, 0x01e4_5313, 0x0073_7313,
        0x0033_1313, 0x0000_0297, 0x0102_8293, 0x0053_0333, 0x0003_0067, 0x01e3_8023, 0x0380_006f, 0x01e3_9023,
        0x0300_006f, 0x01e3_a023, 0x0280_006f, 0x0083_b023, 0x0200_006f, 0x0003_8f83, 0x0180_006f, 0x0003_9f83,
        0x0100_006f, 0x0003_af83, 0x0080_006f, 0x0003_bf83, 0xfff9_0913, 0xf609_14e3, 0x5352_58b7, 0x3548_889b,
        0x0000_0813, 0x0000_0513, 0x0000_0593, 0x0000_0073, 0x0000_006f, 0x1410_22f3, 0x0042_8293, 0x1412_9073,
        0x1020_0073,
    ];

    /// <summary>The kernel, with the seed of its random numbers.</summary>
    public static byte[] Image(ulong seed)
    {
        uint[] program = [.. Data, .. Code];
        program[SeedWord] = (uint)seed | 1;
        program[SeedWord + 1] = (uint)(seed >> 32);
        return BareMetal.Image(program);
    }
}
