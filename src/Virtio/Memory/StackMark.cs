using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Virtio.Memory;

/// <summary>
/// A place on a thread's stack. It tells calls by this thread from calls by other threads, by comparing addresses. That costs a fraction of
/// reading the current thread's id, which takes a call in JIT-compiled code.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal readonly unsafe struct StackMark
{
    // After a successful TryEnsureSufficientExecutionStack the runtime guarantees at least this much stack: 64 KiB, or 128 KiB with 64-bit
    // addresses.
    private const nuint Promised = 64 << 10;

    private readonly nuint _place;

    private StackMark(nuint place) => _place = place;

    /// <summary>
    /// Marks the calling thread's stack. A mark is invalid once the thread has ended, because a new thread may then get the same stack.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static StackMark OfCurrentThread()
    {
        // SAFETY: the address is only compared, never read from.
        byte here;
        return new StackMark(RuntimeHelpers.TryEnsureSufficientExecutionStack() ? (nuint)(&here) : 0);
    }

    /// <summary>
    /// True only if the caller runs on the marked thread, at most 64 KiB of stack below the mark. Stacks grow downward on every platform of
    /// .NET, and stacks of two threads never overlap. False says nothing: it may still be the marked thread.
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
