namespace Virtio.Bench.Guests;

/// <summary>Finds an ASCII text in bytes that arrive in pieces.</summary>
internal sealed class TextMatch(string text)
{
    private string _tail = "";

    /// <summary>Whether the bytes so far contain the complete text; after a match the search starts over.</summary>
    internal bool Add(ReadOnlySpan<byte> bytes)
    {
        _tail += System.Text.Encoding.Latin1.GetString(bytes);
        bool found = _tail.Contains(text, StringComparison.Ordinal);
        _tail = found ? "" : _tail[Math.Max(0, _tail.Length - text.Length)..];
        return found;
    }
}
