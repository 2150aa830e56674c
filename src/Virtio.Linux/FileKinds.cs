using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// Finds the kind of a file without opening it: opening a FIFO waits, and opening a device may have side effects. Thread-safe.
/// </summary>
public static class FileKinds
{
    // S_IFMT and its values.
    private const int TypeMask = 0xf000;
    private const int Fifo = 0x1000;
    private const int CharacterDevice = 0x2000;
    private const int Directory = 0x4000;
    private const int BlockDevice = 0x6000;
    private const int RegularFile = 0x8000;
    private const int Socket = 0xc000;

    /// <summary>What a path leads to. On a host other than Linux, every file that is not a directory counts as a regular file.</summary>
    public static FileKind Of(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!OperatingSystem.IsLinux())
            return System.IO.Directory.Exists(path) ? FileKind.Directory : File.Exists(path) ? FileKind.RegularFile : FileKind.None;
        if (StatusCalls.Get(StatusCalls.CurrentFolder, path, flags: 0, StatusCalls.Type, out FileStatus status) != 0)
            return FileKind.None;
        return (status.Mode & TypeMask) switch
        {
            Fifo => FileKind.Fifo,
            CharacterDevice => FileKind.CharacterDevice,
            Directory => FileKind.Directory,
            BlockDevice => FileKind.BlockDevice,
            RegularFile => FileKind.RegularFile,
            Socket => FileKind.Socket,
            _ => FileKind.None,
        };
    }

    /// <summary>The kind in words, with its article, such as "a FIFO".</summary>
    public static string Describe(FileKind kind) => kind switch
    {
        FileKind.RegularFile => "a regular file",
        FileKind.Directory => "a directory",
        FileKind.BlockDevice => "a block device",
        FileKind.CharacterDevice => "a character device",
        FileKind.Fifo => "a FIFO",
        FileKind.Socket => "a socket",
        _ => "nothing",
    };
}
