using System.CommandLine;

namespace Virtio.Cli;

/// <summary><c>virtio probe</c>.</summary>
internal sealed class ProbeCommand : Command
{
    internal ProbeCommand()
        : base("probe", "Says what this host can do, what is missing, and how to get it.")
        => SetAction(result => Probe.Write(result.InvocationConfiguration.Output));
}
