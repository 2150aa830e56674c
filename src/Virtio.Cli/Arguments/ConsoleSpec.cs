namespace Virtio.Cli.Arguments;

/// <summary>
/// A console on the command line: <c>stdio</c>, <c>unix:PATH</c> or <c>file:PATH</c>, written by the rule of <see cref="SpecText"/>.
/// </summary>
/// <param name="Kind">The kind of console.</param>
/// <param name="Path">Path of the socket or the file.</param>
/// <param name="Option">Name of the option, for messages.</param>
internal sealed record ConsoleSpec(ConsoleKind Kind, string Path, string Option = ConsoleSpec.DefaultOption)
{
    internal const string DefaultOption = "--console";

    private const string Socket = "unix:";
    private const string File = "file:";

    /// <exception cref="UsageException">The text is not a console; the message names it.</exception>
    internal static ConsoleSpec Parse(string text) => Parse(text, DefaultOption);

    /// <param name="text">The value.</param>
    /// <param name="option">Name of the option, for messages.</param>
    /// <exception cref="UsageException">The text is not a console; the message names it.</exception>
    internal static ConsoleSpec Parse(string text, string option)
    {
        string place = PlaceOf(text, option);
        if (place == "stdio")
            return new ConsoleSpec(ConsoleKind.Standard, "", option);
        if (place.StartsWith(Socket, StringComparison.Ordinal) && place.Length > Socket.Length)
            return new ConsoleSpec(ConsoleKind.Socket, place[Socket.Length..], option);
        if (place.StartsWith(File, StringComparison.Ordinal) && place.Length > File.Length)
            return new ConsoleSpec(ConsoleKind.File, place[File.Length..], option);
        throw new UsageException($"{option} {text}: give stdio, unix:PATH or file:PATH");
    }

    /// <summary>Parses the path of an output file, written by the same rule.</summary>
    /// <exception cref="UsageException">The text is not a path; the message names it.</exception>
    internal static string ParseFile(string text, string option) =>
        PlaceOf(text, option) is { Length: > 0 } path ? path : throw new UsageException($"{option} names no file; give a path");

    private static string PlaceOf(string text, string option)
    {
        SpecText spec = SpecText.Parse(text);
        return spec.Options.Count == 0 ? spec.Thing : throw SpecText.Unknown($"{option} {text}", spec.Options[0], "");
    }
}
