namespace Virtio.Vmm.Boards.Serial;

/// <summary>
/// The firmware's console. Only a kernel writes to it, before it has a driver for another console. Where the serial port is not the
/// kernel's main console, the port's driver prints the whole log again when it starts. In that case this text is held back, and shown
/// only if that driver never starts. Not thread-safe.
/// </summary>
internal sealed class FirmwareConsole
{
    private readonly PhraseWatch _dead = new(EndOfPanic);
    private readonly SerialLog? _held;

    /// <summary>Creates a console.</summary>
    /// <param name="isHeldBack">Whether the text is held back.</param>
    public FirmwareConsole(bool isHeldBack) => _held = isHeldBack ? new SerialLog() : null;

    /// <summary>
    /// The last words of a panic that does not reset the machine: that early, the kernel has not read the parameter that makes it reset.
    /// </summary>
    public static ReadOnlySpan<byte> EndOfPanic => "[ end Kernel panic - not syncing"u8;

    /// <summary>Whether the text is held back.</summary>
    public bool IsHeldBack => _held is not null;

    /// <summary>The text that is held back.</summary>
    public string Held => _held?.ToString() ?? "";

    /// <summary>Takes the kernel's text. True when this byte ends the message of a kernel that has stopped for good.</summary>
    public bool Observe(byte value)
    {
        _held?.Add(value);
        return _dead.Observe(value);
    }
}
