using Virtio.Fuzz.Targets;

namespace Virtio.Fuzz;

/// <summary>All targets.</summary>
public static class FuzzTargets
{
    /// <summary>All targets, in the order of the usage text.</summary>
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new RingTarget(packed: false),
        new RingTarget(packed: true),
        new TableTarget(packed: false),
        new TableTarget(packed: true),
        new RegisterTarget(),
        new BlockTarget(),
        new ConsoleOutputTarget(),
        new ConsoleInputTarget(),
        new ConsoleControlTarget(),
        new EntropyTarget(),
        new InflightTarget(packed: false),
        new InflightTarget(packed: true),
        .. OperatingSystem.IsLinux() ? [new MessageTarget()] : Array.Empty<IFuzzTarget>(),
    ];

    /// <summary>The target of that name; null if there is none.</summary>
    public static IFuzzTarget? Find(string name) => All.FirstOrDefault(target => target.Name == name);
}
