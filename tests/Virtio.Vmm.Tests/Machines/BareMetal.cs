using System.Buffers.Binary;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>Kernels of a handful of instructions, for tests that start many machines.</summary>
internal static class BareMetal
{
    private const uint Jump64 = 0x0400_006f; // j .+64, over the header
    private const uint Loop = 0x0000_006f; // j .
    private const uint WaitForInterrupt = 0x1050_0073;
    private const uint LoopOverOneBefore = 0xffdf_f06f; // j .-4
    private const uint EnableInterrupts = 0x1001_6073; // csrsi sstatus, 2

    // li a7, SRST; li a6, 0; li a0, type; li a1, reason; ecall; j .
    private static readonly uint[] ResetCall = [0x5352_58b7, 0x3548_8893, 0x0000_0813, 0x0000_0513, 0x0000_0593, 0x0000_0073, Loop];

    /// <summary>Switches the machine off.</summary>
    public static byte[] PowerOff { get; } = Image(ResetCall);

    /// <summary>Reboots in the regular way, with interrupts enabled.</summary>
    public static byte[] Reboot { get; } = Image([EnableInterrupts, .. Reset(type: 1, reason: 0)]);

    /// <summary>Resets the machine with the reason "system failure".</summary>
    public static byte[] Failure { get; } = Image([EnableInterrupts, .. Reset(type: 1, reason: 1)]);

    /// <summary>Computes forever.</summary>
    public static byte[] Spin { get; } = Image([Loop]);

    /// <summary>Sleeps forever.</summary>
    public static byte[] Sleep { get; } = Image([WaitForInterrupt, LoopOverOneBefore]);

    /// <summary>Reads the configuration of its first virtio device, then switches the machine off.</summary>
    public static byte[] ReadConfiguration { get; } = Image([0x1000_12b7, 0x1002_a303, .. ResetCall]); // lui t0, 0x10001; lw t1, 0x100(t0)

    /// <summary>A kernel of the given instructions.</summary>
    public static byte[] Image(ReadOnlySpan<uint> code)
    {
        var image = new byte[4096];
        BinaryPrimitives.WriteUInt32LittleEndian(image, Jump64);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(16), 4096);
        "RISCV\0\0\0RSC\x05"u8.CopyTo(image.AsSpan(0x30));
        for (var i = 0; i < code.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(64 + i * 4), code[i]);
        return image;
    }

    private static uint[] Reset(uint type, uint reason)
    {
        var call = ResetCall.ToArray();
        call[3] |= type << 20;
        call[4] |= reason << 20;
        return call;
    }
}
