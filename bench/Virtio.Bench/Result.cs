namespace Virtio.Bench;

/// <summary>One measured figure.</summary>
/// <param name="Group">The benchmark it belongs to.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The median.</param>
/// <param name="Unit">Its unit.</param>
internal sealed record Result(string Group, string Name, double Value, string Unit);
