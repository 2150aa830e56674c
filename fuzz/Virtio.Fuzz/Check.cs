using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Virtio.Fuzz;

/// <summary>Checks conditions that must hold for any behaviour of a guest.</summary>
internal static class Check
{
    internal static void That([DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        if (!condition)
            throw new FindingException(what);
    }
}
