using System.CommandLine;

namespace Virtio.Cli.Help;

/// <summary><c>virtio help</c>.</summary>
internal sealed class HelpCommand : Command
{
    private readonly Argument<string[]> _subject = new("subject")
    {
        Description = "a command, such as 'serve block', or a topic; without it, the list of both",
        HelpName = "COMMAND|TOPIC",
        Arity = ArgumentArity.ZeroOrMore,
    };

    internal HelpCommand()
        : base("help", "shows the help of a command or a topic")
    {
        Add(_subject);
        SetAction(Show);
    }

    private int Show(ParseResult result)
    {
        string[] words = result.GetValue(_subject) ?? [];
        if (words is [string name] && HelpTopics.All.FirstOrDefault(topic => topic.Name == name) is { } topic)
        {
            result.InvocationConfiguration.Output.WriteLine(topic.Text);
            return ExitStatus.Success;
        }

        Command command = result.RootCommandResult.Command;
        foreach (string word in words)
        {
            command = command.Subcommands.FirstOrDefault(sub => sub.Name == word)
                ?? throw new UsageException($"there is no command or topic '{string.Join(' ', words)}'; see 'virtio help'");
        }

        HelpPrinter.ForOutput(result).Write(command);
        return ExitStatus.Success;
    }
}
