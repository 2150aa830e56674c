using System.Text;

namespace Virtio.Vmm.Boards.Serial;

/// <summary>
/// Reads along what the kernel prints and remembers the first panic message. Not thread-safe: fed under the lock of what it listens to.
/// </summary>
internal sealed class KernelPanicWatch
{
    /// <summary>More of a message than this is not kept; the guest chooses how long its lines are.</summary>
    private const int MaxLength = 512;

    private readonly PhraseWatch _words = new(Words);
    private readonly StringBuilder _message = new();
    private bool _isComplete;

    private static ReadOnlySpan<byte> Words => "Kernel panic - not syncing"u8;

    /// <summary>The message, from the words every panic begins with to the end of its line; null while there was none.</summary>
    public string? Message => _words.IsFound ? Encoding.Latin1.GetString(Words) + _message.ToString().TrimEnd() : null;

    /// <summary>Reads one more byte.</summary>
    public void Observe(byte value)
    {
        if (_isComplete)
            return;

        if (!_words.IsFound)
            _words.Observe(value);
        else if (value is (byte)'\n' or (byte)'\r' || _message.Length == MaxLength)
            _isComplete = true;
        else
            _message.Append(value is >= 0x20 and < 0x7f ? (char)value : '?');
    }
}
