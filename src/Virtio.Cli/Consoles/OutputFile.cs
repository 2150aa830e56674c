using Virtio.Linux;

namespace Virtio.Cli.Consoles;

/// <summary>Files that take a guest's output.</summary>
internal static class OutputFile
{
    /// <summary>
    /// Creates a file, or truncates it. Unbuffered: the writers have buffers of their own, and other programs may read along.
    /// </summary>
    /// <exception cref="CommandException">The file cannot be created; the message names it.</exception>
    internal static FileStream Create(string option, string path)
    {
        // Checked before the file is opened: opening a FIFO waits for a reader, and no signal ends that. Writing to a block device would
        // destroy its contents.
        if (FileKinds.Of(path) is var kind and not (FileKind.RegularFile or FileKind.CharacterDevice or FileKind.None))
            throw new CommandException($"{option}: cannot write '{path}': it is {FileKinds.Describe(kind)}; give a regular file");
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"{option}: cannot write '{path}': {Reason(path, e)}", e);
        }
    }

    private static string Reason(string path, Exception e) => e switch
    {
        DirectoryNotFoundException => "there is no such folder; make it first",
        UnauthorizedAccessException => "permission denied",
        _ => Faults.Reason(e),
    };
}
