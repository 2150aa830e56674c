namespace Virtio.VhostUser.Tests;

/// <summary>Tests that nothing runs beside, because they count what the whole process has.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;
