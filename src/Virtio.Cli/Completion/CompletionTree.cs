using System.CommandLine;
using Virtio.Cli.Help;

namespace Virtio.Cli.Completion;

/// <summary>The commands, options and values there are, taken from the commands themselves, so that completions stay true.</summary>
internal static class CompletionTree
{
    private static readonly string[] ClauseEnds = ["; ", ": ", " (", ", as ", ". "];

    /// <summary>All commands, a command before those below it.</summary>
    internal static IReadOnlyList<CompletionNode> Of(Command root) => [.. Nodes(root, [])];

    private static IEnumerable<CompletionNode> Nodes(Command command, IReadOnlyList<CompletionOption> inherited)
    {
        CompletionOption[] own = [.. command.Options.Where(option => !option.Hidden).Select(OptionOf)];
        CompletionOption[] recursive = [.. inherited, .. command.Options.Where(option => option.Recursive).Select(OptionOf)];
        yield return new CompletionNode(
            HelpPrinter.PathOf(command), Brief(command.Description), [.. command.Subcommands.Select(sub => (sub.Name, Brief(sub.Description)))], [.. own, .. inherited], ArgumentsOf(command));
        foreach (CompletionNode node in command.Subcommands.SelectMany(sub => Nodes(sub, recursive)))
            yield return node;
    }

    private static CompletionOption OptionOf(Option option) => new(
        [option.Name, .. option.Aliases], Brief(option.Description), option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) ? null : CompletionValues.From(option.HelpName ?? ""));

    private static CompletionValues ArgumentsOf(Command command)
    {
        if (command is HelpCommand)
            return new CompletionValues([.. command.Parents.OfType<Command>().First().Subcommands.Select(sub => sub.Name), .. HelpTopics.All.Select(topic => topic.Name)], false);
        return command.Arguments.Select(argument => CompletionValues.From(argument.HelpName ?? "")).FirstOrDefault() ?? CompletionValues.None;
    }

    private static string Brief(string? description)
    {
        string text = description ?? "";
        foreach (string end in ClauseEnds)
            text = text.Split(end)[0];
        return text;
    }
}
