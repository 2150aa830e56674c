using System.Globalization;
using Virtio.Testing;

namespace Virtio.Tests.Hostile;

/// <summary>The source of random inputs.</summary>
internal static class Seeds
{
    // Values that are worth trying in every field.
    private static readonly ulong[] Values =
    [
        0, 1, 2, 63, 64, 65, 255, 256, 257, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
        1UL << 32, 1UL << 63, ulong.MaxValue - 15, ulong.MaxValue,
        Victim.RamStart, Victim.RamEnd - 1, Victim.RamEnd - 16, Victim.RamEnd, Victim.RamEnd + 0x1000, Victim.BehindHole, Victim.Registers,
        Victim.Registers + 0x70,
    ];

    /// <summary>A new seed for each run, for the failure message. VIRTIO_SEED repeats a run.</summary>
    internal static int Next() => Environment.GetEnvironmentVariable("VIRTIO_SEED") is { Length: > 0 } seed
        ? int.Parse(seed, CultureInfo.InvariantCulture)
        : Random.Shared.Next();

    internal static ulong Value(Random random) => Values[random.Next(Values.Length)];

    /// <summary>An address that is RAM more often than not, so that most inputs reach the device's own code.</summary>
    internal static ulong Address(Random random) =>
        random.Next(4) == 0 ? Value(random) : Victim.RamStart + (ulong)random.Next(Victim.RamSize / 2, Victim.RamSize - 4096);

    internal static uint Length(Random random) => random.Next(6) == 0 ? unchecked((uint)Value(random)) : (uint)random.Next(1, 1024);

    internal static PackedFlags Direction(Random random) => random.Next(2) == 0 ? PackedFlags.None : PackedFlags.Write;
}
