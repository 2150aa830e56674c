namespace Virtio.Cli;

/// <summary>Something that the user of the command has to change; the message is one line that says what.</summary>
internal class CommandException(string message, Exception? inner = null) : Exception(message, inner);
