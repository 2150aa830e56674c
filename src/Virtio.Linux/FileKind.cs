namespace Virtio.Linux;

/// <summary>What a path leads to, symbolic links followed.</summary>
public enum FileKind
{
    /// <summary>Nothing, or nothing that this process may look at.</summary>
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
