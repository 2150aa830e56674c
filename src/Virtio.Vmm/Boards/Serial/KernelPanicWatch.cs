using System.Text;

namespace Virtio.Vmm.Boards.Serial;

/// <summary>
/// Scans the kernel's output for the first panic message and keeps it. Not thread-safe: called under the lock of the serial port.
/// </summary>
internal sealed class KernelPanicWatch
{
    /// <summary>The longest message that is kept; the guest chooses how long its lines are.</summary>
    private const int MaxLength = 512;

    private readonly PhraseWatch _words = new(Words);
    private readonly StringBuilder _message = new();
    private bool _isComplete;

    private static ReadOnlySpan<byte> Words => "Kernel panic - not syncing"u8;

    /// <summary>The message, from the words that every panic begins with to the end of its line; null until there is one.</summary>
    public string? Message => _words.IsFound ? Encoding.Latin1.GetString(Words) + _message.ToString().TrimEnd() : null;

    /// <summary>Scans one more byte.</summary>
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
