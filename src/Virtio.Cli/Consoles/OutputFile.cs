using Virtio.Linux;

namespace Virtio.Cli.Consoles;

/// <summary>Files that take what a guest writes.</summary>
internal static class OutputFile
{
    /// <summary>Makes a file, or empties it. Unbuffered: the writers are, and others want to read along.</summary>
    /// <exception cref="CommandException">It cannot be made; the message names it.</exception>
    internal static FileStream Create(string option, string path)
    {
        // Before it is opened: opening a FIFO waits for a reader, and no signal ends that. Writing to a block device would destroy what is on it.
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
