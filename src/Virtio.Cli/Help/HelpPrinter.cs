using System.CommandLine;
using System.CommandLine.Parsing;
using Virtio.Linux;

namespace Virtio.Cli.Help;

/// <summary>Writes the help of a command, within a number of columns.</summary>
internal sealed class HelpPrinter(TextWriter output, Style style, int width)
{
    private const int MostColumns = 80;
    private const int FewestColumns = 40;
    private const int Indent = 2;
    private const int TextColumn = 24;

    /// <summary>One for where a command prints to; no wider than the terminal, and readable where that is tiny.</summary>
    internal static HelpPrinter ForOutput(ParseResult result)
    {
        int columns = Terminal.GetSize(Terminal.StandardOutput).Columns;
        return new HelpPrinter(result.InvocationConfiguration.Output, StandardOutput.Style, columns == 0 ? MostColumns : Math.Clamp(columns, FewestColumns, MostColumns));
    }

    /// <summary>How a command is called.</summary>
    internal static string PathOf(Command command) =>
        string.Join(' ', command.Parents.OfType<Command>().Select(PathOf).Append(command.Name));

    internal void Write(Command command)
    {
        WriteParagraph(command.Description ?? "");
        WriteHeading("Usage");
        WriteLines(UsageOf(command), Indent, Indent + Indent);
        WriteSection("Commands", command.Subcommands.Where(sub => !sub.Hidden).Select(sub => (sub.Name, sub.Description)));
        if (command.Parents.FirstOrDefault() is null)
            WriteSection("Topics", HelpTopics.All.Select(topic => (topic.Name, (string?)topic.Title)));
        WriteSection("Arguments", command.Arguments.Select(argument => (LabelOf(argument), argument.Description)));
        WriteSection("Options", command.Options.Concat(Inherited(command)).Where(option => !option.Hidden).Select(option => (LabelOf(option), option.Description)));
        if (command is IHelpNotes { Notes: string notes })
        {
            foreach (string paragraph in notes.Split('\n'))
            {
                output.WriteLine();
                WriteParagraph(paragraph);
            }
        }
    }

    internal void WriteHeading(string heading)
    {
        output.WriteLine();
        output.WriteLine(style.Bold(heading + ":"));
    }

    internal void WriteParagraph(string text) => WriteLines(text, 0, 0);

    private static IEnumerable<Option> Inherited(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive).Concat(Inherited(parent)));

    private static string UsageOf(Command command)
    {
        IEnumerable<string> parts = [PathOf(command), "[OPTIONS]", .. command.Arguments.Select(LabelOf)];
        return string.Join(' ', command.Subcommands.Count == 0 ? parts : parts.Append(command.Action is null ? "COMMAND" : "[COMMAND]"));
    }

    private static string LabelOf(Argument argument) =>
        $"{(argument.Arity.MinimumNumberOfValues == 0 ? "[" : "")}{argument.HelpName ?? argument.Name.ToUpperInvariant()}{(argument.Arity.MinimumNumberOfValues == 0 ? "]" : "")}";

    // The short names first, as in -m, --memory SIZE.
    private static string LabelOf(Option option)
    {
        string names = string.Join(", ", option.Aliases.Append(option.Name).OrderBy(name => name.StartsWith("--", StringComparison.Ordinal)).ThenBy(name => name == option.Name ? 0 : 1));
        return option.HelpName is null ? names : $"{names} {option.HelpName}";
    }

    private void WriteSection(string heading, IEnumerable<(string Label, string? Text)> entries)
    {
        (string Label, string? Text)[] all = [.. entries];
        if (all.Length == 0)
            return;
        WriteHeading(heading);
        foreach ((string label, string? text) in all)
        {
            string start = new string(' ', Indent) + label;
            if (start.Length + Indent > TextColumn)
            {
                output.WriteLine(start);
                start = "";
            }

            output.Write(start.PadRight(TextColumn));
            WriteLines(text ?? "", TextColumn, TextColumn, isStarted: true);
        }
    }

    private void WriteLines(string text, int firstIndent, int indent, bool isStarted = false)
    {
        string line = isStarted ? "" : new string(' ', firstIndent);
        int column = firstIndent;
        bool isEmpty = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && column + 1 + word.Length > width)
            {
                output.WriteLine(line);
                line = new string(' ', indent);
                column = indent;
                isEmpty = true;
            }

            line += isEmpty ? word : " " + word;
            column += isEmpty ? word.Length : 1 + word.Length;
            isEmpty = false;
        }

        output.WriteLine(line);
    }
}
