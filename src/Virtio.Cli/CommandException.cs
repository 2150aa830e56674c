namespace Virtio.Cli;

/// <summary>Something the person at the keyboard has to change; the message is the one line that says what.</summary>
internal sealed class CommandException(string message, Exception? inner = null) : Exception(message, inner);
