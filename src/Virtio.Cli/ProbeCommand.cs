using System.CommandLine;

namespace Virtio.Cli;

/// <summary><c>virtio probe</c>.</summary>
internal sealed class ProbeCommand : Command
{
    private readonly Option<bool> _json = new("--json") { Description = "prints it as JSON" };

    internal ProbeCommand()
        : base("probe", "says what this host can do, what is missing, and how to get it")
    {
        Add(_json);
        SetAction(result =>
        {
            (result.GetValue(_json) ? (Action<TextWriter>)Probe.WriteJson : Probe.Write)(result.InvocationConfiguration.Output);
            return ExitStatus.Success;
        });
    }
}
