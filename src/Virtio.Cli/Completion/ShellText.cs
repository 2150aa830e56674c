namespace Virtio.Cli.Completion;

/// <summary>What the scripts have in common.</summary>
internal static class ShellText
{
    /// <summary>One word of a shell, whatever is in it; the same in bash and zsh.</summary>
    internal static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>Each option with a value as "command option", grouped by what to do for the value.</summary>
    internal static IEnumerable<IGrouping<string, string>> ValueCases(IEnumerable<CompletionNode> nodes, Func<CompletionValues, string> action) =>
        from node in nodes
        from option in node.Options
        let values = option.Values
        where values is not null
        from name in option.Names
        group $"{node.Path} {name}" by action(values!);
}
