namespace Virtio.Bench;

/// <summary>All results of one run of the benchmarks.</summary>
internal sealed class Report
{
    internal const string Native = "virtio, native";
    internal const string Mapped = "virtio, mapped file";
    internal const string Jit = "virtio, JIT";
    internal const string Qemu = "QEMU";
    internal const string Loop = "C loop";

    private readonly List<Result> _results = [];
    private readonly List<(string Suite, string Text)> _notes = [];

    internal IReadOnlyList<Result> Results => _results;

    internal void Add(Result result) => _results.Add(result);

    /// <summary>Adds a note for the reader of the figures.</summary>
    internal void Note(string suite, string text) => _notes.Add((suite, text));

    internal IEnumerable<Result> Of(string suite) => _results.Where(result => result.Suite == suite);

    internal IEnumerable<string> NotesOf(string suite) => _notes.Where(note => note.Suite == suite).Select(note => note.Text);

    /// <summary>Adds the results of another process; its figures replace existing ones.</summary>
    internal void Take(ReportFile other)
    {
        _results.RemoveAll(mine => other.Results.Any(result =>
            (result.Suite, result.Name, result.Subject, result.Unit) == (mine.Suite, mine.Name, mine.Subject, mine.Unit)));
        _results.AddRange(other.Results);
        _notes.AddRange(other.Notes.Select(note => (note.Key, note.Value)));
    }

    internal ReportFile ToFile() => new(_results, [.. _notes.Select(note => KeyValuePair.Create(note.Suite, note.Text))]);

    internal Result? Find(string suite, string name, string subject) =>
        _results.Find(result => result.Suite == suite && result.Name == name && result.Subject == subject);
}
