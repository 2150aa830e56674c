namespace Virtio.VhostUser.Tests;

/// <summary>Tests that count the resources of the whole process, and therefore run while no other test runs.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;
