namespace Virtio.Tests.Testbed;

/// <summary>Tests that measure the process, one after the other while nothing else runs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    /// <summary>The collection's name.</summary>
    public const string Name = "alone";
}
