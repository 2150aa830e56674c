namespace Virtio.Cli;

/// <summary>The command line, or a file of devices, says what cannot be. The command ends with <see cref="ExitStatus.Usage"/>.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : CommandException(message, inner);
