using System.Text;

namespace Virtio.Cli.Completion;

/// <summary>Completions for zsh.</summary>
internal static class ZshScript
{
    internal static string Write(IReadOnlyList<CompletionNode> nodes)
    {
        var script = new StringBuilder();
        script.Append(
            """
            #compdef virtio
            # zsh completion for virtio, made by 'virtio completion zsh'. To use it, after compinit: source <(virtio completion zsh)
            _virtio() {
              local command=virtio previous=${words[CURRENT-1]} word
              local -a candidates commands options
              local -i files=0
              for word in "${(@)words[2,CURRENT-1]}"; do
                case "$command $word" in

            """);
        script.Append($"      ({Alternatives(nodes.Skip(1).Select(node => node.Path))}) command+=\" $word\" ;;\n");
        script.Append("    esac\n  done\n  case \"$command $previous\" in\n");
        foreach (IGrouping<string, string> cases in ShellText.ValueCases(nodes, Assign))
            script.Append($"    ({Alternatives(cases)}) {cases.Key} ;;\n");
        script.Append("    (*)\n      case $command in\n");
        foreach (CompletionNode node in nodes)
            script.Append($"        ({ShellText.Quote(node.Path)})\n{Candidates(node)}          ;;\n");
        script.Append(
            """
                  esac ;;
              esac
              if [[ $PREFIX == (unix|file):* ]]; then
                compset -P '*:'
                _files
                return
              fi
              (( ! $#candidates )) || compadd -- $candidates
              (( ! $#commands )) || _describe command commands
              (( ! files )) || _files
              [[ $PREFIX != -* ]] && (( $#candidates || $#commands || files )) || (( ! $#options )) || _describe -o option options
            }
            if [[ ${funcstack[1]-} == _virtio ]]; then
              _virtio "$@"
            else
              compdef _virtio virtio
            fi

            """);
        return script.ToString();
    }

    private static string Candidates(CompletionNode node)
    {
        IEnumerable<string> options = node.Options.SelectMany(option => option.Names.Select(name => Described(name, option.Description)));
        string text = $"          options=({string.Join(' ', options)})\n";
        IEnumerable<string> commands = node.Commands.Select(command => Described(command.Name, command.Description));
        if (node.Commands.Count > 0)
            text += $"          commands=({string.Join(' ', commands)})\n";
        return node.Arguments == CompletionValues.None ? text : text + $"          {Assign(node.Arguments)}\n";
    }

    private static string Described(string name, string description) =>
        ShellText.Quote($"{name.Replace(":", "\\:", StringComparison.Ordinal)}:{description}");

    private static string Assign(CompletionValues values) =>
        $"candidates=({string.Join(' ', values.Words.Select(ShellText.Quote))}){(values.Files ? " files=1" : "")}";

    private static string Alternatives(IEnumerable<string> patterns) => string.Join("|", patterns.Select(ShellText.Quote));
}
