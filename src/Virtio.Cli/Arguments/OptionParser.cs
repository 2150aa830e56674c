using System.CommandLine.Parsing;

namespace Virtio.Cli.Arguments;

/// <summary>Parsers for options. Their errors are reported like every other error of the command line.</summary>
internal static class OptionParser
{
    /// <summary>A parser for an option of which the last value counts.</summary>
    internal static Func<ArgumentResult, T> Each<T>(Func<string, T> parse) => result => ParseAll(result, parse).LastOrDefault()!;

    /// <summary>Parses all values of an option.</summary>
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
