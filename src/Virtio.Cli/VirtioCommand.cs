using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Virtio.Cli.Completion;
using Virtio.Cli.Help;
using Virtio.Cli.Serving;

namespace Virtio.Cli;

/// <summary>The command <c>virtio</c>.</summary>
internal static class VirtioCommand
{
    /// <summary>Without response files: '@' has no special meaning in a path or in kernel parameters.</summary>
    internal static ParserConfiguration Configuration { get; } = new() { ResponseFileTokenReplacer = null };

    internal static async Task<int> InvokeAsync(string[] arguments)
    {
        try
        {
            ParseResult result = Create().Parse(arguments, Configuration);
            if (result.Action is not { ClearsParseErrors: true } && Mistakes.Find(result) is { } mistake)
                throw new UsageException($"{mistake}; see '{HelpPrinter.PathOf(result.CommandResult.Command)} --help'");

            // This command handles signals itself: a run has storage to flush and a terminal to restore.
            int status = await result.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = StandardOutput.Writer,
            });
            StandardOutput.Flush();
            return status;
        }
        catch (Exception fault)
        {
            return Faults.Report(fault);
        }
    }

    internal static Command Create() =>
        new("virtio", "virtual machines and virtio devices written in C#")
        {
            new RunCommand(),
            new ServeCommand(),
            new ProbeCommand(),
            new CompletionCommand(),
            new VersionCommand(),
            new HelpCommand(),
            new HelpOption("--help", "-h") { Description = "shows this help", Action = new Virtio.Cli.Help.HelpAction() },
            new VersionOption("--version") { Description = "prints the version", Action = new VersionCommand.Printing() },
        };
}
