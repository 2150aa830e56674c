using System.Globalization;
using System.Text;

namespace Virtio.Bench.Output;

/// <summary>Results as a table: for a terminal in columns, for a page in Markdown.</summary>
internal static class TextTable
{
    private static readonly string[] Head = ["suite", "what", "who", "median", "best", "unit", "ratio"];

    internal static string Of(IEnumerable<Result> results)
    {
        string[][] rows = [Head, .. results.Select(Cells)];
        int[] widths = [.. Enumerable.Range(0, Head.Length).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
            text.AppendLine(string.Join("  ", row.Select((cell, column) => IsNumber(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
        return text.ToString();
    }

    internal static string Markdown(IEnumerable<Result> results)
    {
        var text = new StringBuilder();
        Row(text, Head[1..]);
        Row(text, [.. Head[1..].Select((_, column) => IsNumber(column + 1) ? "---:" : "---")]);
        foreach (Result result in results)
            Row(text, Cells(result)[1..]);
        return text.ToString();
    }

    /// <summary>Three or four digits that matter.</summary>
    internal static string Number(double value) =>
        value.ToString(Math.Abs(value) switch { 0 => "0", < 10 => "0.00", < 100 => "0.0", _ => "0" }, CultureInfo.InvariantCulture);

    private static string[] Cells(Result result) =>
    [
        result.Suite, result.Name, result.Subject, Number(result.Median), Number(result.Best), result.Unit,
        result.Ratio is { } ratio ? $"{Number(ratio)} x" : "",
    ];

    private static bool IsNumber(int column) => column is 3 or 4 or 6;

    private static void Row(StringBuilder text, IReadOnlyList<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");
}
