using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Virtio.Cli;

/// <summary><c>virtio version</c>, the same as <c>--version</c>.</summary>
internal sealed class VersionCommand : Command
{
    internal VersionCommand()
        : base("version", "prints the version") => Action = new Printing();

    internal static string Version { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Prints the version.</summary>
    internal sealed class Printing : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(Version);
            return ExitStatus.Success;
        }
    }
}
