namespace Virtio.Linux;

/// <summary>What a path leads to, with symbolic links followed.</summary>
public enum FileKind
{
    /// <summary>Nothing, or a file that this process may not look at.</summary>
    None,

    /// <summary>A regular file.</summary>
    RegularFile,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>A character device, such as a terminal or <c>/dev/null</c>.</summary>
    CharacterDevice,

    /// <summary>A FIFO or another pipe. Opening one waits for the process at its other end.</summary>
    Fifo,

    /// <summary>A Unix socket.</summary>
    Socket,
}
