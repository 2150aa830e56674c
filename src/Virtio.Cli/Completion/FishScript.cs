using System.Text;

namespace Virtio.Cli.Completion;

/// <summary>Completions for fish.</summary>
internal static class FishScript
{
    internal static string Write(IReadOnlyList<CompletionNode> nodes)
    {
        var script = new StringBuilder();
        script.Append(
            """
            # fish completion for virtio, made by 'virtio completion fish'. To use it: virtio completion fish | source
            function __virtio_command
                set -l command virtio
                for word in (commandline -opc)[2..-1]
                    switch "$command $word"

            """);
        script.Append($"            case {string.Join(' ', nodes.Skip(1).Select(node => Quote(node.Path)))}\n");
        script.Append(
            """
                            set command "$command $word"
                    end
                end
                test "$command" = "$argv[1]"
            end
            complete -c virtio -f

            """);
        foreach (CompletionNode node in nodes)
            Append(script, node);
        return script.ToString();
    }

    private static void Append(StringBuilder script, CompletionNode node)
    {
        string start = $"complete -c virtio -n {Quote($"__virtio_command {Quote(node.Path)}")}";
        foreach ((string name, string description) in node.Commands)
            script.Append($"{start} -a {name} -d {Quote(description)}\n");
        if (node.Arguments.Words.Count > 0)
            script.Append($"{start} -a {Quote(string.Join(' ', node.Arguments.Words))}\n");
        if (node.Arguments.Files)
            script.Append($"{start} -F\n");
        foreach (CompletionOption option in node.Options)
        {
            string names = string.Join(' ', option.Names.Select(NameOf));
            script.Append($"{start} {names}{ValuesOf(option.Values)} -d {Quote(option.Description)}\n");
        }
    }

    private static string NameOf(string name) =>
        name.StartsWith("--", StringComparison.Ordinal) ? $"-l {name[2..]}" : $"-s {name[1..]}";

    private static string ValuesOf(CompletionValues? values)
    {
        if (values is null)
            return "";
        string words = values.Words.Count > 0 ? $" -a {Quote(string.Join(' ', values.Words))}" : "";
        return (values.Files ? " -r -F" : " -x") + words;
    }

    private static string Quote(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
