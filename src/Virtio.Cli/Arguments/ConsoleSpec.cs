namespace Virtio.Cli.Arguments;

/// <summary>A console as the command line names it: <c>stdio</c>, <c>unix:PATH</c> or <c>file:PATH</c>.</summary>
internal sealed record ConsoleSpec(ConsoleKind Kind, string Path)
{
    private const string Socket = "unix:";
    private const string File = "file:";

    /// <exception cref="CommandException">It is none; the message names it.</exception>
    internal static ConsoleSpec Parse(string text)
    {
        if (text == "stdio")
            return new ConsoleSpec(ConsoleKind.Standard, "");
        if (text.StartsWith(Socket, StringComparison.Ordinal) && text.Length > Socket.Length)
            return new ConsoleSpec(ConsoleKind.Socket, text[Socket.Length..]);
        if (text.StartsWith(File, StringComparison.Ordinal) && text.Length > File.Length)
            return new ConsoleSpec(ConsoleKind.File, text[File.Length..]);
        throw new CommandException($"--console {text}: give stdio, unix:PATH or file:PATH");
    }
}
