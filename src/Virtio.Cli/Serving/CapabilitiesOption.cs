using System.CommandLine;
using System.CommandLine.Invocation;

namespace Virtio.Cli.Serving;

/// <summary><c>--print-capabilities</c>, with which programs that manage machines query a back-end. Other options are ignored.</summary>
internal sealed class CapabilitiesOption : Option<bool>
{
    /// <summary>Makes the option for one kind of device.</summary>
    /// <param name="capabilities">A JSON object, as in vhost-user's conventions for back-end programs (QEMU,
    /// docs/interop/vhost-user.json).</param>
    internal CapabilitiesOption(string capabilities)
        : base("--print-capabilities")
    {
        Description = "prints what this back-end can do, as JSON, and ends";
        Action = new Printing(capabilities);
    }

    private sealed class Printing(string capabilities) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(capabilities);
            return ExitStatus.Success;
        }
    }
}
