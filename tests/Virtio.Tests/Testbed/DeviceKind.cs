namespace Virtio.Tests.Testbed;

/// <summary>The kinds of device by name, with all that tests need to run over each of them.</summary>
internal abstract class DeviceKind : DeviceUnderTest
{
    internal static readonly DeviceKind[] Every =
    [
        new ProbeKind(), new EntropyKind(), new BlockKind(), new ConsoleOutputKind(), new ConsoleInputKind(),
    ];

    /// <summary>The names for <c>MemberData</c>, because test frameworks show and find cases by plain values.</summary>
    public static TheoryData<string> Names => [.. Every.Select(kind => kind.Name)];

    internal abstract string Name { get; }

    internal static DeviceKind Named(string name) => Every.Single(kind => kind.Name == name);

    public override string ToString() => Name;
}
