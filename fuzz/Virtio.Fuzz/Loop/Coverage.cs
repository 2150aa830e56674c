using SharpFuzz.Common;

namespace Virtio.Fuzz.Loop;

/// <summary>
/// Which branches of the library an input took, and how often, as SharpFuzz's instrumentation counts them. Without it every input looks alike.
/// </summary>
internal static unsafe class Coverage
{
    private const int Size = 1 << 16;

    private static readonly byte[] Counts = GC.AllocateArray<byte>(Size, pinned: true);
    private static readonly byte[] TakenBefore = new byte[Size];

    /// <summary>Gives the instrumentation its counters: before anything else of the library runs.</summary>
    internal static void Start()
    {
        fixed (byte* counts = Counts)
            Trace.SharedMem = counts;
    }

    /// <summary>Branches taken by any input, each with how often: once, twice, and so on by powers of two.</summary>
    internal static int Seen { get; private set; }

    internal static void Begin()
    {
        Counts.AsSpan().Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the input that ran since <see cref="Begin"/> did something that none before it did.</summary>
    /// <param name="often">How often a branch was taken counts, too.</param>
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
