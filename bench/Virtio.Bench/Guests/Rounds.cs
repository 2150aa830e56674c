namespace Virtio.Bench.Guests;

/// <summary>Samples of several subjects, one each in a round.</summary>
internal sealed class Rounds(string suite, IEnumerable<string> subjects)
{
    private readonly Dictionary<string, List<double?>> _samples = subjects.ToDictionary(subject => subject, _ => new List<double?>());

    /// <summary>Adds a sample; null where there is none this time.</summary>
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

            double[] quotients = qemu is null || subject == Bench.Report.Qemu ? [] : [.. samples.Zip(qemu, (mine, other) => other == 0 ? null : mine / other).OfType<double>()];
            report.Add(new Result(suite, name, subject, unit, moreIsBetter, known, quotients.Length > 0 ? Result.MedianOf(quotients) : null));
        }
    }
}
