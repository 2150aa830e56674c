namespace Virtio.Riscv.Tests.Machine;

/// <summary>Tests whose threads need the host's processors, or count threads, run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessorsOfTheHost
{
    public const string Name = "Processors of the host";
}
