namespace Virtio.Bench;

/// <summary>All that one run of the benchmarks found.</summary>
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

    /// <summary>Something that a reader of the figures must know.</summary>
    internal void Note(string suite, string text) => _notes.Add((suite, text));

    internal IEnumerable<Result> Of(string suite) => _results.Where(result => result.Suite == suite);

    internal IEnumerable<string> NotesOf(string suite) => _notes.Where(note => note.Suite == suite).Select(note => note.Text);

    internal Result? Find(string suite, string name, string subject) =>
        _results.Find(result => result.Suite == suite && result.Name == name && result.Subject == subject);
}
