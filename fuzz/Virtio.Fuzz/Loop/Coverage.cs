using SharpFuzz.Common;

namespace Virtio.Fuzz.Loop;

/// <summary>
/// The branches of the library that an input took, and how often, as SharpFuzz's instrumentation counts them. Without instrumentation all
/// inputs look alike.
/// </summary>
internal static unsafe class Coverage
{
    private const int Size = 1 << 16;

    private static readonly byte[] Counts = GC.AllocateArray<byte>(Size, pinned: true);
    private static readonly byte[] TakenBefore = new byte[Size];

    /// <summary>Gives the instrumentation its counters. Must run before any code of the library.</summary>
    internal static void Start()
    {
        fixed (byte* counts = Counts)
            Trace.SharedMem = counts;
    }

    /// <summary>
    /// The number of branches taken by any input. A branch counts again for each power of two of the number of times an input took it.
    /// </summary>
    internal static int Seen { get; private set; }

    internal static void Begin()
    {
        Counts.AsSpan().Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the input that ran since <see cref="Begin"/> took a branch that no input before it took.</summary>
    /// <param name="often">Whether a new number of times, by powers of two, counts as a new branch.</param>
    internal static bool End(bool often = true)
    {
        bool any = false;
        ReadOnlySpan<byte> counts = Counts;
        for (int at = counts.IndexOfAnyExcept((byte)0); at >= 0;)
        {
            byte bucket = (byte)(often ? 1 << byte.Log2(counts[at]) : 1);
            if ((TakenBefore[at] & bucket) == 0)
            {
                TakenBefore[at] |= bucket;
                Seen++;
                any = true;
            }

            int next = counts[(at + 1)..].IndexOfAnyExcept((byte)0);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return any;
    }
}
