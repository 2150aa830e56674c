namespace Virtio.Cli.Completion;

/// <summary>What the scripts for the shells have in common.</summary>
internal static class ShellText
{
    /// <summary>Quotes any text as one word of bash or zsh.</summary>
    internal static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>Each option with a value as "command option", grouped by the script's action for the value.</summary>
    internal static IEnumerable<IGrouping<string, string>> ValueCases(
        IEnumerable<CompletionNode> nodes, Func<CompletionValues, string> action) =>
        from node in nodes
        from option in node.Options
        let values = option.Values
        where values is not null
        from name in option.Names
        group $"{node.Path} {name}" by action(values!);
}
