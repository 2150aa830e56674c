namespace Virtio.Bench.Guests;

/// <summary>Samples of several commands, one each in a round.</summary>
internal sealed class Rounds(string suite, IReadOnlyList<GuestCommand> commands)
{
    private readonly Dictionary<GuestCommand, List<double?>> _samples = commands.ToDictionary(command => command, _ => new List<double?>());

    /// <summary>Adds a sample; null where there is none this time.</summary>
    internal void Add(GuestCommand command, double? sample) => _samples[command].Add(sample);

    internal void Report(Report report, string name, string unit, bool moreIsBetter)
    {
        List<double?>? qemu = _samples.FirstOrDefault(pair => pair.Key.IsQemu).Value;
        foreach ((GuestCommand command, List<double?> samples) in _samples)
        {
            double[] known = [.. samples.OfType<double>()];
            if (known.Length == 0)
            {
                report.Note(suite, $"{name}: there is no figure for {command.Subject}.");
                continue;
            }

            double[] quotients = qemu is null || command.IsQemu ? [] : [.. samples.Zip(qemu, (mine, other) => mine / other).OfType<double>()];
            report.Add(new Result(suite, name, command.Subject, unit, moreIsBetter, known, quotients.Length > 0 ? Result.MedianOf(quotients) : null));
        }
    }
}
