namespace Virtio.Cli;

/// <summary>The command line, or a --config file, is not valid. The command ends with <see cref="ExitStatus.Usage"/>.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : CommandException(message, inner);
