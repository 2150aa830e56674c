using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Virtio.Memory;

/// <summary>
/// A place on a thread's stack, by which calls that this thread makes from there can be told from calls of others: a fraction of the cost of asking which thread
/// is running, which code compiled just in time does by a call.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal readonly unsafe struct StackMark
{
    // The runtime promises at least as much behind a successful TryEnsureSufficientExecutionStack: 64 KiB, or 128 where addresses have 64 bits.
    private const nuint Promised = 64 << 10;

    private readonly nuint _place;

    private StackMark(nuint place) => _place = place;

    /// <summary>Marks the calling thread's stack. Made anew when a thread ends, whose stack may become another's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static StackMark OfCurrentThread()
    {
        // SAFETY: an address to compare with, never to read from.
        byte here;
        return new StackMark(RuntimeHelpers.TryEnsureSufficientExecutionStack() ? (nuint)(&here) : 0);
    }

    /// <summary>
    /// Whether the caller certainly runs on the marked thread, called from not far below the mark. Stacks grow downward wherever .NET runs, and no two threads'
    /// overlap. False says nothing.
    /// </summary>
    internal bool IsNear
    {
        // SAFETY: as above.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        [SkipLocalsInit]
        get
        {
            byte here;
            return unchecked(_place - (nuint)(&here)) < Promised;
        }
    }
}
