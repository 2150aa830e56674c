using Virtio.Linux;

namespace Virtio.Cli;

/// <summary>
/// Colours, on a terminal that supports them and unless the user has disabled them (https://no-color.org); elsewhere plain text.
/// </summary>
internal sealed class Style(bool isUsed)
{
    private const string Reset = "\u001b[0m";

    internal Style(int descriptor)
        : this(Terminal.IsTerminal(descriptor)
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"))
    {
    }

    internal string Bold(string text) => With("1", text);

    internal string Warning(string text) => With("1;33", text);

    internal string Error(string text) => With("1;31", text);

    private string With(string code, string text) => isUsed ? $"\u001b[{code}m{text}{Reset}" : text;
}
