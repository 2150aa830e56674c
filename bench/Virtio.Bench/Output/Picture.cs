using ScottPlot;
using Virtio.Bench.Guests;
using Virtio.Bench.Processor;

namespace Virtio.Bench.Output;

/// <summary>The figures of a whole run as one picture of four panels.</summary>
internal sealed class Picture(Report report)
{
    private const int Width = 1400;
    private const int Height = 900;

    private static readonly Dictionary<string, Color> Colors = new()
    {
        [Report.Native] = Color.FromHex("#512bd4"),
        [Report.Jit] = Color.FromHex("#b39ddb"),
        [Report.Qemu] = Color.FromHex("#f58220"),
    };

    internal void Save(string path)
    {
        var panels = new Multiplot();
        panels.AddPlots(4);
        panels.Layout = new ScottPlot.MultiplotLayouts.Grid(2, 2);
        Rings(panels.GetPlot(0));
        Processor(panels.GetPlot(1));
        Boot(panels.GetPlot(2));
        Fio(panels.GetPlot(3));
        panels.SavePng(path, Width, Height);
    }

    private void Rings(Plot plot)
    {
        Result[] results = [.. report.Of(Suites.Rings).Where(result => result.Unit == "ns/chain")];
        string[] labels = [.. results.Select(result => Label(result.Name))];
        Bars(plot, "Ring, device's side: ns per chain of 3 (pale: the least)", labels, results, best: true);
    }

    private void Processor(Plot plot)
    {
        Result[] results = [.. report.Of(Suites.Processor)];
        Bars(plot, "One hart: million instructions per second", [.. results.Select(result => Label(result.Name))], results, best: false);
    }

    private void Boot(Plot plot) => Groups(
        plot,
        "Process start to shell: seconds, and memory in 100 MiB",
        report.Of(Suites.Boot),
        result => result.Unit == "MiB" ? result.Median / 100 : result.Median);

    // The figures differ too much in size for one axis, so they are shown as multiples of QEMU's.
    private void Fio(Plot plot) =>
        Groups(plot, "fio in the guest: multiples of QEMU's figure", report.Of(Suites.Fio), result => result.Ratio ?? 1);

    private static void Bars(Plot plot, string title, string[] labels, Result[] results, bool best)
    {
        for (int i = 0; i < results.Length; i++)
        {
            Add(plot, i, best ? 0.7 : 0.6, results[i].Median, Colors[Report.Native]);
            if (best)
                plot.Add.Bar(new Bar { Position = i, Value = results[i].Best, Size = 0.7, FillColor = Colors[Report.Jit], LineWidth = 0 });
        }

        Finish(plot, title, labels);
    }

    private static void Groups(Plot plot, string title, IEnumerable<Result> results, Func<Result, double> height)
    {
        string[] names = [.. results.Select(result => result.Name).Distinct()];
        string[] subjects = [.. results.Select(result => result.Subject).Distinct()];
        foreach (Result result in results)
        {
            int subject = Array.IndexOf(subjects, result.Subject);
            double position = Array.IndexOf(names, result.Name) + ((subject - ((subjects.Length - 1) / 2.0)) * 0.25);
            Add(plot, position, 0.23, height(result), Colors[result.Subject]);
        }

        foreach (string subject in subjects)
            plot.Legend.ManualItems.Add(new LegendItem { LabelText = subject, FillColor = Colors[subject] });
        plot.ShowLegend(Alignment.UpperRight);
        Finish(plot, title, [.. names.Select(Label)]);
    }

    private static void Add(Plot plot, double position, double size, double value, Color color) =>
        plot.Add.Bar(new Bar
        {
            Position = position,
            Value = value,
            Size = size,
            FillColor = color,
            LineWidth = 0,
            Label = TextTable.Number(value),
        });

    private static void Finish(Plot plot, string title, string[] labels)
    {
        plot.Title(title);
        plot.Axes.Bottom.SetTicks([.. Enumerable.Range(0, labels.Length).Select(i => (double)i)], labels);
        plot.Axes.Bottom.MajorTickStyle.Length = 0;
        plot.Grid.XAxisStyle.IsVisible = false;
        plot.Axes.Margins(bottom: 0, top: 0.25);
    }

    // The names are made for a table; under a bar they are broken into several lines.
    private static string Label(string name) =>
        name.Replace("packed, ", "", StringComparison.Ordinal).Replace(", ", "\n", StringComparison.Ordinal);
}
