namespace Virtio.Vmm.Boards.Serial;

/// <summary>
/// The console of the firmware, which only a kernel writes to, before it has a driver for anything. Once the serial port's driver is there it prints the
/// whole log again where the port is not the kernel's main console; then this text is held back, and only shown if that driver never comes. Not thread-safe.
/// </summary>
internal sealed class FirmwareConsole
{
    private readonly PhraseWatch _dead = new(EndOfPanic);
    private readonly SerialLog? _held;

    /// <summary>Makes one.</summary>
    /// <param name="isHeldBack">Whether the text is held back.</param>
    public FirmwareConsole(bool isHeldBack) => _held = isHeldBack ? new SerialLog() : null;

    /// <summary>The last words of a panic that does not reset the machine: this early, the kernel has not read yet that it should.</summary>
    public static ReadOnlySpan<byte> EndOfPanic => "[ end Kernel panic - not syncing"u8;

    /// <summary>Whether the text is held back.</summary>
    public bool IsHeldBack => _held is not null;

    /// <summary>The text that is held back.</summary>
    public string Held => _held?.ToString() ?? "";

    /// <summary>Takes the kernel's text; true when with it the kernel has stopped for good.</summary>
    public bool Observe(byte value)
    {
        _held?.Add(value);
        return _dead.Observe(value);
    }
}
