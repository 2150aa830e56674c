using System.Globalization;
using System.Text;

namespace Virtio.Bench.Output;

/// <summary>
/// Results as a table: in columns for a terminal, in Markdown for a page.
/// A suite that measures many quantities at once has a column per unit.
/// </summary>
internal static class TextTable
{
    private static readonly string[] Head = ["suite", "what", "subject", "median", "best", "unit", "ratio"];

    internal static string Of(IEnumerable<Result> results)
    {
        Result[][] parts = [.. results.GroupBy(result => IsWide(result.Suite)).OrderBy(part => part.Key).Select(part => part.ToArray())];
        return string.Join('\n', parts.Select(part => IsWide(part[0].Suite)
            ? Aligned(Wide(part), column => column > 1)
            : Aligned([Head, .. part.Select(Cells)], IsNumber)));
    }

    internal static string Markdown(IEnumerable<Result> results)
    {
        Result[] all = [.. results];
        bool wide = all.Length > 0 && IsWide(all[0].Suite);
        string[][] rows = wide ? Wide(all) : [Head[1..], .. all.Select(result => Cells(result)[1..])];
        var text = new StringBuilder();
        Row(text, rows[0]);
        Row(text, [.. rows[0].Select((_, column) => (wide ? column > 1 : IsNumber(column + 1)) ? "---:" : "---")]);
        foreach (string[] row in rows[1..])
            Row(text, row);
        return text.ToString();
    }

    /// <summary>Formats a number with three or four significant digits.</summary>
    internal static string Number(double value) =>
        value.ToString(Math.Abs(value) switch { 0 => "0", < 10 => "0.00", < 100 => "0.0", _ => "0" }, CultureInfo.InvariantCulture);

    private static bool IsWide(string suite) => suite == Suites.VhostUser;

    /// <summary>A row for each subject and measurement: the medians, with their ratios in brackets.</summary>
    private static string[][] Wide(Result[] results)
    {
        string[] units = [.. results.Select(result => result.Unit).Distinct()];
        return
        [
            ["what", "subject", .. units],
            .. results.GroupBy(result => (result.Name, result.Subject)).Select(row => (string[])
            [
                row.Key.Name,
                row.Key.Subject,
                .. units.Select(unit => row.FirstOrDefault(result => result.Unit == unit) is { } result ? Short(result) : ""),
            ]),
        ];
    }

    private static string Short(Result result) =>
        result.Ratio is { } ratio ? $"{Number(result.Median)} ({Number(ratio)} x)" : Number(result.Median);

    private static string Aligned(string[][] rows, Func<int, bool> isNumber)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) =>
                isNumber(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            text.AppendLine(string.Join("  ", cells).TrimEnd());
        }

        return text.ToString();
    }

    private static string[] Cells(Result result) =>
    [
        result.Suite, result.Name, result.Subject, Number(result.Median), Number(result.Best), result.Unit,
        result.Ratio is { } ratio ? $"{Number(ratio)} x" : "",
    ];

    private static bool IsNumber(int column) => column is 3 or 4 or 6;

    private static void Row(StringBuilder text, IReadOnlyList<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");
}
