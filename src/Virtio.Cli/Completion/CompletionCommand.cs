using System.CommandLine;
using Virtio.Cli.Arguments;
using Virtio.Cli.Help;

namespace Virtio.Cli.Completion;

/// <summary><c>virtio completion</c>.</summary>
internal sealed class CompletionCommand : Command, IHelpNotes
{
    private static readonly Dictionary<string, Func<IReadOnlyList<CompletionNode>, string>> Shells = new(StringComparer.Ordinal)
    {
        ["bash"] = BashScript.Write,
        ["zsh"] = ZshScript.Write,
        ["fish"] = FishScript.Write,
    };

    private readonly Argument<string> _shell = new("shell")
    {
        Description = "the shell",
        HelpName = "bash|zsh|fish",
        CustomParser = OptionParser.Each(Parse),
    };

    internal CompletionCommand()
        : base("completion", "prints a script that completes the words of this command in a shell")
    {
        Add(_shell);
        SetAction(result =>
        {
            IReadOnlyList<CompletionNode> nodes = CompletionTree.Of(result.RootCommandResult.Command);
            result.InvocationConfiguration.Output.Write(Shells[result.GetValue(_shell)!](nodes));
            return ExitStatus.Success;
        });
    }

    public string Notes =>
        "bash: source <(virtio completion bash)\nzsh: source <(virtio completion zsh)\nfish: virtio completion fish | source";

    private static string Parse(string text) => Shells.ContainsKey(text)
        ? text
        : throw new UsageException($"there are no completions for '{text}'; give {string.Join(", ", Shells.Keys)}");
}
