namespace Virtio.Bench.Guests;

/// <summary>Samples of several subjects, one of each per round.</summary>
internal sealed class Rounds(string suite, IEnumerable<string> subjects)
{
    private readonly Dictionary<string, List<double?>> _samples = subjects.ToDictionary(subject => subject, _ => new List<double?>());

    /// <summary>Adds a sample; null if this round has none.</summary>
    internal void Add(string subject, double? sample) => _samples[subject].Add(sample);

    internal void Report(Report report, string name, string unit, bool moreIsBetter)
    {
        List<double?>? qemu = _samples.GetValueOrDefault(Bench.Report.Qemu);
        foreach ((string subject, List<double?> samples) in _samples)
        {
            double[] known = [.. samples.OfType<double>()];
            if (known.Length == 0)
            {
                report.Note(suite, $"{name}: there is no figure for {subject}.");
                continue;
            }

            double?[] ratios = qemu is null || subject == Bench.Report.Qemu
                ? []
                : [.. samples.Zip(qemu, (mine, other) => other == 0 ? null : mine / other)];
            double[] quotients = [.. ratios.OfType<double>()];
            double? ratio = quotients.Length > 0 ? Result.MedianOf(quotients) : null;
            report.Add(new Result(suite, name, subject, unit, moreIsBetter, known, ratio));
        }
    }
}
