namespace Virtio.Cli.Consoles;

/// <summary>Files that take what a guest writes.</summary>
internal static class OutputFile
{
    /// <summary>Makes a file, or empties it. Unbuffered: the writers are, and others want to read along.</summary>
    /// <exception cref="CommandException">It cannot be made; the message names it.</exception>
    internal static FileStream Create(string option, string path)
    {
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
        _ when Directory.Exists(path) => "it is a directory; give a file",
        DirectoryNotFoundException => "there is no such folder; make it first",
        UnauthorizedAccessException => "permission denied",
        _ => e.Message,
    };
}
