namespace Virtio.Vmm.Boards.Serial;

/// <summary>Finds the first occurrence of a phrase in a stream of bytes. Not thread-safe.</summary>
internal sealed class PhraseWatch
{
    private readonly byte[] _phrase;
    private int _matched;

    /// <summary>
    /// Watches for a phrase whose first byte occurs only once in it: after a mismatch, only the mismatched byte itself can begin a match.
    /// </summary>
    public PhraseWatch(ReadOnlySpan<byte> phrase) => _phrase = phrase.ToArray();

    /// <summary>Whether the phrase was found.</summary>
    public bool IsFound => _matched == _phrase.Length;

    /// <summary>Scans one more byte; true when it is the last of the phrase's first occurrence.</summary>
    public bool Observe(byte value)
    {
        if (IsFound)
            return false;

        _matched = value == _phrase[_matched] ? _matched + 1 : value == _phrase[0] ? 1 : 0;
        return IsFound;
    }
}
