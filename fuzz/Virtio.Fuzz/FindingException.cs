using System.Diagnostics.CodeAnalysis;

namespace Virtio.Fuzz;

/// <summary>A condition that must hold does not.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown by Check alone.")]
public sealed class FindingException(string message) : Exception(message);
