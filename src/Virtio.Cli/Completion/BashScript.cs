using System.Text;

namespace Virtio.Cli.Completion;

/// <summary>Completions for bash.</summary>
internal static class BashScript
{
    internal static string Write(IReadOnlyList<CompletionNode> nodes)
    {
        var script = new StringBuilder();
        script.Append(
            """
            # bash completion for virtio, made by 'virtio completion bash'. To use it: source <(virtio completion bash)
            _virtio() {
              local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=virtio words='' files='' i
              # The shell takes --option=value apart, and unix:PATH.
              if [[ $word == [=:] ]]; then
                word=''
              else
                [[ $previous != [=:] ]] || previous=${COMP_WORDS[COMP_CWORD - 2]}
              fi
              for ((i = 1; i < COMP_CWORD; i++)); do
                case "$command ${COMP_WORDS[i]}" in

            """);
        script.Append($"      {Alternatives(nodes.Skip(1).Select(node => node.Path))}) command+=\" ${{COMP_WORDS[i]}}\" ;;\n");
        script.Append(
            """
                esac
              done
              case "$command $previous" in
                *' unix' | *' file') files=1 ;;

            """);
        foreach (IGrouping<string, string> cases in ShellText.ValueCases(nodes, Assign))
            script.Append($"    {Alternatives(cases)}) {cases.Key} ;;\n");
        script.Append("    *)\n      case $command in\n");
        foreach (CompletionNode node in nodes)
            script.Append($"        {ShellText.Quote(node.Path)}) {Candidates(node)} ;;\n");
        script.Append(
            """
                  esac ;;
              esac
              mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
              if [[ -n $files && $word != -* ]]; then
                mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
                compopt -o filenames 2>/dev/null
              elif [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]]; then
                compopt -o nospace 2>/dev/null
              fi
            }
            complete -F _virtio virtio

            """);
        return script.ToString();
    }

    // Options where the word begins with a dash, or where nothing else is possible.
    private static string Candidates(CompletionNode node)
    {
        string options = string.Join(' ', node.Options.SelectMany(option => option.Names));
        string others = string.Join(' ', node.Commands.Select(command => command.Name).Concat(node.Arguments.Words));
        string otherwise = $"words={ShellText.Quote(others)}{(node.Arguments.Files ? " files=1" : "")}";
        return others.Length == 0 && !node.Arguments.Files
            ? $"words={ShellText.Quote(options)}"
            : $"if [[ $word == -* ]]; then words={ShellText.Quote(options)}; else {otherwise}; fi";
    }

    private static string Assign(CompletionValues values) =>
        $"words={ShellText.Quote(string.Join(' ', values.Words))}{(values.Files ? " files=1" : "")}";

    private static string Alternatives(IEnumerable<string> patterns) => string.Join(" | ", patterns.Select(ShellText.Quote));
}
