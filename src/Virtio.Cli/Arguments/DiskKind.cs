namespace Virtio.Cli.Arguments;

/// <summary>What a disk is stored in.</summary>
internal enum DiskKind
{
    /// <summary>A file or a block device.</summary>
    File,

    /// <summary>A file, mapped into this process.</summary>
    MappedFile,

    /// <summary>An object behind HTTP, read-only.</summary>
    Http,

    /// <summary>Memory, lost at the end.</summary>
    Memory,
}
