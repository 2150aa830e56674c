using System.CommandLine;
using System.CommandLine.Invocation;

namespace Virtio.Cli.Help;

/// <summary><c>--help</c>. Other parts of the command line are ignored.</summary>
internal sealed class HelpAction : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        HelpPrinter.ForOutput(parseResult).Write(parseResult.CommandResult.Command);
        return ExitStatus.Success;
    }
}
