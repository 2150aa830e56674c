namespace Virtio.Cli.Arguments;

/// <summary>A console as the command line names it: <c>stdio</c>, <c>unix:PATH</c> or <c>file:PATH</c>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">Of the socket or the file.</param>
/// <param name="Option">By which name it was given, for messages.</param>
internal sealed record ConsoleSpec(ConsoleKind Kind, string Path, string Option = ConsoleSpec.DefaultOption)
{
    internal const string DefaultOption = "--console";

    private const string Socket = "unix:";
    private const string File = "file:";

    /// <exception cref="CommandException">It is none; the message names it.</exception>
    internal static ConsoleSpec Parse(string text) => Parse(text, DefaultOption);

    /// <param name="text">What was given.</param>
    /// <param name="option">By which name, for messages.</param>
    /// <exception cref="CommandException">It is none; the message names it.</exception>
    internal static ConsoleSpec Parse(string text, string option)
    {
        if (text == "stdio")
            return new ConsoleSpec(ConsoleKind.Standard, "", option);
        if (text.StartsWith(Socket, StringComparison.Ordinal) && text.Length > Socket.Length)
            return new ConsoleSpec(ConsoleKind.Socket, text[Socket.Length..], option);
        if (text.StartsWith(File, StringComparison.Ordinal) && text.Length > File.Length)
            return new ConsoleSpec(ConsoleKind.File, text[File.Length..], option);
        throw new CommandException($"{option} {text}: give stdio, unix:PATH or file:PATH");
    }
}
