namespace Virtio.Cli.Arguments;

/// <summary>Where the guest's console goes.</summary>
internal enum ConsoleKind
{
    /// <summary>Standard input and output.</summary>
    Standard,

    /// <summary>A Unix socket that the command listens at, for a user to connect to.</summary>
    Socket,

    /// <summary>A file, for output only.</summary>
    File,
}
