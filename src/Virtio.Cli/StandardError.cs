using System.Text;
using Virtio.Linux;

namespace Virtio.Cli;

/// <summary>Lines to the person, beside the guest's output. Thread-safe.</summary>
internal static class StandardError
{
    private const string Prefix = "virtio: ";

    private static readonly Lock Gate = new();

    // Not the console class: it would change a terminal's settings, and write to it, when it is first used and whenever the process is continued.
    private static readonly Stream Output = OperatingSystem.IsLinux() ? StandardStreams.Open(Terminal.StandardError, FileAccess.Write) : Console.OpenStandardError();

    private static readonly Style Style = new(Terminal.StandardError);

    /// <summary>Says whether the terminal is raw, so that a line feed alone would not return to the first column; null while this process makes none raw.</summary>
    internal static Func<bool>? IsRaw { get; set; }

    /// <summary>Whether the person asked for details: stack traces and information for debugging.</summary>
    internal static bool WantsDetails { get; } = Environment.GetEnvironmentVariable("VIRTIO_DEBUG") is "1";

    internal static void WriteLine(string line) => Write(line + "\n");

    internal static void Write(string text)
    {
        lock (Gate)
        {
            try
            {
                Output.Write(Encoding.UTF8.GetBytes(IsRaw?.Invoke() == true ? text.Replace("\n", "\r\n", StringComparison.Ordinal) : text));
            }
            catch (IOException)
            {
                // Nothing reads it any more; that is no reason to end the guest.
            }
        }
    }

    /// <summary>Information.</summary>
    internal static void WriteMessage(string message) => WriteLine(Style.Bold(Prefix.TrimEnd()) + " " + OneLine(message));

    /// <summary>What may be wrong.</summary>
    internal static void WriteWarning(string message) => WriteLine(Style.Bold(Prefix.TrimEnd()) + Style.Warning(" warning: ") + OneLine(message));

    /// <summary>What went wrong while a guest runs on.</summary>
    internal static void WriteError(string message) => WriteLine(Style.Bold(Prefix.TrimEnd()) + Style.Error(" error: ") + OneLine(message));

    /// <summary>Why the command ends.</summary>
    internal static void WriteFault(string message) => WriteLine(Style.Error(Prefix) + OneLine(message));

    // Whatever the message is, and without the full stop that the messages of the runtime have.
    private static string OneLine(string message)
    {
        string line = string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.EndsWith('.') && !line.EndsWith("..", StringComparison.Ordinal) ? line[..^1] : line;
    }
}
