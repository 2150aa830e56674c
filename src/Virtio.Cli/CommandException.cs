namespace Virtio.Cli;

/// <summary>An error that the user of the command can correct. The message is one line that says what to change.</summary>
internal class CommandException(string message, Exception? inner = null) : Exception(message, inner);
