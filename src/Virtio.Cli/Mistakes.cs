using System.CommandLine;
using System.CommandLine.Parsing;
using Virtio.Cli.Arguments;

namespace Virtio.Cli;

/// <summary>Finds the mistake in a command line, and describes it in this command's style.</summary>
internal static class Mistakes
{
    private const string EndOfOptions = "--";

    /// <summary>The first mistake; null where there is none.</summary>
    internal static string? Find(ParseResult result)
    {
        if (UnknownOption(result) is { } option)
            return $"unknown option '{option}'";
        if (result.UnmatchedTokens is [string word, ..])
        {
            return IsCommandGroup(result.CommandResult.Command)
                ? $"there is no command '{word}'"
                : $"unexpected argument '{Address.ForMessages(word)}'";
        }

        if (result.CommandResult.Command == result.RootCommandResult.Command && result.Errors.Count > 0)
            return "a command is missing";
        if (WithoutValue(result) is { } without)
            return $"{without.Name} needs a value: {without.HelpName}";
        ArgumentResult? missing = result.CommandResult.Children
            .OfType<ArgumentResult>()
            .FirstOrDefault(argument => argument.Tokens.Count < argument.Argument.Arity.MinimumNumberOfValues);
        if (missing is not null)
            return $"an argument is missing: {missing.Argument.HelpName}";
        return result.Errors is [{ Message: string message }, ..] ? InOurStyle(message) : null;
    }

    // Before "--" a word that begins with a dash is an option, never a path. An unknown option must not be taken for an argument.
    private static string? UnknownOption(ParseResult result)
    {
        Token[] options = [.. result.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)];
        string? taken = result.CommandResult.Children
            .OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .FirstOrDefault(token => LooksLikeOption(token.Value) && options.Any(option => ReferenceEquals(option, token)))?.Value;
        return taken ?? result.UnmatchedTokens.FirstOrDefault(word => LooksLikeOption(word) && options.Any(option => option.Value == word));
    }

    private static bool LooksLikeOption(string word) => word.Length > 1 && word[0] == '-' && word != EndOfOptions;

    private static bool IsCommandGroup(Command command) => command.Subcommands.Count > 0 && command.Arguments.Count == 0;

    private static Option? WithoutValue(ParseResult result) => result.CommandResult.Children.OfType<OptionResult>()
        .FirstOrDefault(option => option is { Implicit: false, Tokens.Count: 0 } && option.Option.Arity.MinimumNumberOfValues > 0)?.Option;

    private static string InOurStyle(string message)
    {
        string trimmed = message.TrimEnd('.');
        return char.IsUpper(trimmed[0]) ? char.ToLowerInvariant(trimmed[0]) + trimmed[1..] : trimmed;
    }
}
