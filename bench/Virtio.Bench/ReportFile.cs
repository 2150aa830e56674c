using System.Text.Json;

namespace Virtio.Bench;

/// <summary>A report in a file, passed from one process of this program to another.</summary>
/// <param name="Results">The figures.</param>
/// <param name="Notes">The notes, each with its suite.</param>
internal sealed record ReportFile(IReadOnlyList<Result> Results, IReadOnlyList<KeyValuePair<string, string>> Notes)
{
    internal static ReportFile Read(string path) => JsonSerializer.Deserialize<ReportFile>(File.ReadAllBytes(path))!;

    internal void Write(string path) => File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(this));
}
