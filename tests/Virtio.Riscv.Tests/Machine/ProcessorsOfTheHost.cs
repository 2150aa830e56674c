namespace Virtio.Riscv.Tests.Machine;

/// <summary>Tests that need the host's processors for their threads, or count threads. They run while no other test runs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessorsOfTheHost
{
    public const string Name = "Processors of the host";
}
