using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Virtio.Cli.Serving;

namespace Virtio.Cli;

/// <summary>The command <c>virtio</c>.</summary>
internal static class VirtioCommand
{
    /// <summary>No response files: '@' is nothing special in a path or in kernel parameters.</summary>
    internal static ParserConfiguration Configuration { get; } = new() { ResponseFileTokenReplacer = null };

    internal static async Task<int> InvokeAsync(string[] arguments)
    {
        try
        {
            ParseResult result = Create().Parse(arguments, Configuration);
            if (result.Action is ParseErrorAction || (result.Errors.Count > 0 && result.Action is not { ClearsParseErrors: true }))
                return RefuseCommandLine(result);

            // Signals are ours: the run has storage to flush and a terminal to restore.
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception fault)
        {
            return Faults.Report(fault);
        }
    }

    internal static Command Create() =>
        new("virtio", "Virtual machines and virtio devices written in C#.")
        {
            new RunCommand(),
            new ServeCommand(),
            new ProbeCommand(),
            new HelpOption(),
            new VersionOption(),
        };

    private static string Path(CommandResult result) => result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : result.Command.Name;

    private static int RefuseCommandLine(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        bool isRoot = command == result.RootCommandResult.Command;

        // At the root, that a command is missing only follows from what was written in its place.
        string message = !isRoot ? result.Errors[0].Message.TrimEnd('.')
            : result.UnmatchedTokens is [string unknown, ..] ? $"there is no command '{unknown}'"
            : "a command is missing";
        StandardError.WriteMessage($"{char.ToLowerInvariant(message[0])}{message[1..]}; see '{Path(result.CommandResult)} --help'");
        return ExitStatus.Failure;
    }
}
