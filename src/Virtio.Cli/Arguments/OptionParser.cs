using System.CommandLine.Parsing;

namespace Virtio.Cli.Arguments;

/// <summary>Parsers of options whose mistakes are told as any other wrong command line is.</summary>
internal static class OptionParser
{
    /// <summary>Of an option whose last value counts.</summary>
    internal static Func<ArgumentResult, T> Each<T>(Func<string, T> parse) => result => ParseAll(result, parse).LastOrDefault()!;

    /// <summary>All values of an option.</summary>
    internal static T[] ParseAll<T>(ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            return [.. result.Tokens.Select(token => parse(token.Value))];
        }
        catch (CommandException wrong)
        {
            result.AddError(wrong.Message);
            return [];
        }
    }
}
