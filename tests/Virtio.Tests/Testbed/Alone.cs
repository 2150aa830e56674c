namespace Virtio.Tests.Testbed;

/// <summary>Tests that measure the process. They run one after the other, while no other test runs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    /// <summary>The collection's name.</summary>
    public const string Name = "alone";
}
