using System.CommandLine;
using Virtio.Cli.Help;

namespace Virtio.Cli.Completion;

/// <summary>The commands, options and values, read from the command objects, so that completions match them.</summary>
internal static class CompletionTree
{
    private static readonly string[] ClauseEnds = ["; ", ": ", " (", ", as ", ". "];

    /// <summary>All commands, each before the commands below it.</summary>
    internal static IReadOnlyList<CompletionNode> Of(Command root) => [.. Nodes(root, [])];

    private static IEnumerable<CompletionNode> Nodes(Command command, IReadOnlyList<CompletionOption> inherited)
    {
        CompletionOption[] own = [.. command.Options.Where(option => !option.Hidden).Select(OptionOf)];
        CompletionOption[] recursive = [.. inherited, .. command.Options.Where(option => option.Recursive).Select(OptionOf)];
        yield return new CompletionNode(
            HelpPrinter.PathOf(command),
            Brief(command.Description),
            [.. command.Subcommands.Select(sub => (sub.Name, Brief(sub.Description)))],
            [.. own, .. inherited],
            ArgumentsOf(command));
        foreach (CompletionNode node in command.Subcommands.SelectMany(sub => Nodes(sub, recursive)))
            yield return node;
    }

    private static CompletionOption OptionOf(Option option)
    {
        bool hasNoValue = option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool);
        return new(
            [option.Name, .. option.Aliases],
            Brief(option.Description),
            hasNoValue ? null : CompletionValues.From(option.HelpName ?? ""));
    }

    private static CompletionValues ArgumentsOf(Command command)
    {
        if (command is HelpCommand)
        {
            IEnumerable<string> commands = command.Parents.OfType<Command>().First().Subcommands.Select(sub => sub.Name);
            return new CompletionValues([.. commands, .. HelpTopics.All.Select(topic => topic.Name)], false);
        }

        CompletionValues? values = command.Arguments.Select(argument => CompletionValues.From(argument.HelpName ?? "")).FirstOrDefault();
        return values ?? CompletionValues.None;
    }

    private static string Brief(string? description)
    {
        string text = description ?? "";
        foreach (string end in ClauseEnds)
            text = text.Split(end)[0];
        return text;
    }
}
