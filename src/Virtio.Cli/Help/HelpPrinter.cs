using System.CommandLine;
using System.CommandLine.Parsing;
using Virtio.Linux;

namespace Virtio.Cli.Help;

/// <summary>Writes the help of a command, wrapped at a number of columns.</summary>
internal sealed class HelpPrinter(TextWriter output, Style style, int width)
{
    private const int MostColumns = 80;
    private const int FewestColumns = 40;
    private const int Indent = 2;
    private const int TextColumn = 24;

    /// <summary>Makes a printer for a command's output: as wide as the terminal, within limits.</summary>
    internal static HelpPrinter ForOutput(ParseResult result)
    {
        int columns = Terminal.GetSize(Terminal.StandardOutput).Columns;
        int clamped = columns == 0 ? MostColumns : Math.Clamp(columns, FewestColumns, MostColumns);
        return new HelpPrinter(result.InvocationConfiguration.Output, StandardOutput.Style, clamped);
    }

    /// <summary>The words that call a command, such as "virtio serve block".</summary>
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
        IEnumerable<Option> options = command.Options.Concat(Inherited(command)).Where(option => !option.Hidden);
        WriteSection("Options", options.Select(option => (LabelOf(option), option.Description)));
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

    private static IEnumerable<Option> Inherited(Command command) => command.Parents
        .OfType<Command>()
        .SelectMany(parent => parent.Options.Where(option => option.Recursive).Concat(Inherited(parent)));

    private static string UsageOf(Command command)
    {
        IEnumerable<string> parts = [PathOf(command), "[OPTIONS]", .. command.Arguments.Select(LabelOf)];
        return string.Join(' ', command.Subcommands.Count == 0 ? parts : parts.Append(command.Action is null ? "COMMAND" : "[COMMAND]"));
    }

    private static string LabelOf(Argument argument)
    {
        string name = argument.HelpName ?? argument.Name.ToUpperInvariant();
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    // The short names come first, as in -m, --memory SIZE.
    private static string LabelOf(Option option)
    {
        IEnumerable<string> sorted = option.Aliases
            .Append(option.Name)
            .OrderBy(name => name.StartsWith("--", StringComparison.Ordinal))
            .ThenBy(name => name == option.Name ? 0 : 1);
        string names = string.Join(", ", sorted);
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
