using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

/// <summary>Class 13, and numbers 1 to 4 of the first list: every offset, every width, every state.</summary>
[Collection(Alone.Name)]
public sealed class RegisterSweepTests
{
    private const int SpaceSize = 4096;

    private static readonly int[] Widths = [1, 2, 4, 8];
    private static readonly ulong[] Values =
    [
        0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, ulong.MaxValue,
    ];

    public static TheoryData<string> Names => DeviceKind.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_read_has_an_answer_in_every_state(string name)
    {
        using var victim = new Victim(DeviceKind.Named(name));
        foreach (DeviceStatusBits status in DriverExtensions.States)
        {
            victim.Driver.BringTo(status, victim.Kind.Queue);
            byte[] data = new byte[16];
            for (int offset = 0; offset < SpaceSize; offset++)
            {
                foreach (int width in Widths)
                    Read(victim, offset, data.AsSpan(0, width));
                Read(victim, offset, data);
                Read(victim, offset, data.AsSpan(0, 3));
                Read(victim, offset, []);
            }

            Assert.Equal(status, victim.Driver.Status);
        }

        victim.Restart();
        victim.AssertSurvived();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_write_is_survived_in_every_state(string name)
    {
        using var victim = new Victim(DeviceKind.Named(name));
        foreach (DeviceStatusBits status in DriverExtensions.States)
        {
            victim.Driver.BringTo(status, victim.Kind.Queue);
            for (int offset = 0; offset < SpaceSize; offset++)
            {
                foreach (int width in Widths)
                    WriteEveryValue(victim, offset, width, status);
            }
        }

        victim.Restart();
        victim.AssertSurvived();
    }

    /// <summary>
    /// Control registers are 32 bits wide and aligned. Any other access has no effect, also where it crosses into configuration space.
    /// </summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Accesses_of_odd_width_or_offset_read_0_and_write_nothing(string name)
    {
        using var victim = new Victim(DeviceKind.Named(name));
        byte[] data = new byte[8];
        for (int offset = 0; offset < 0x100; offset++)
        {
            foreach (int width in Widths)
            {
                if (width == 4 && offset % 4 == 0)
                    continue;
                data.AsSpan().Fill(0xff);
                victim.Driver.Access(offset, data.AsSpan(0, width), isWrite: true);
                victim.Driver.Access(offset, data.AsSpan(0, width), isWrite: false);
                Assert.Equal(new byte[width], data[..width]);
            }
        }

        Assert.Equal(DeviceStatusBits.Running, victim.Driver.Status);
        victim.Kind.AssertWorks(victim.Driver);
        victim.AssertSurvived();
    }

    private static void Read(Victim victim, int offset, Span<byte> data)
    {
        data.Fill(0xa5);
        victim.Driver.Access(offset, data, isWrite: false);

        // The device's answer must fill the whole buffer. More than a register's width of the pattern left would show that it did not.
        if (data.Length == 16 && offset >= 0x200)
            Assert.Equal(new byte[16], data.ToArray());
    }

    private static void WriteEveryValue(Victim victim, int offset, int width, DeviceStatusBits status)
    {
        foreach (ulong value in Values)
        {
            victim.Driver.Access(offset, BitConverter.GetBytes(value).AsSpan(0, width), isWrite: true);

            // Only a write to the status register ends the tested state, and only one to QueueReady stops the queue in it.
            if (offset is 0x070 or 0x044 && width == 4)
                victim.Driver.BringTo(status, victim.Kind.Queue);
        }

        if (victim.Driver.Status != status)
            victim.Driver.BringTo(status, victim.Kind.Queue);
    }
}
