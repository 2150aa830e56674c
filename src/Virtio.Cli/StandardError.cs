using System.Text;
using Virtio.Linux;

namespace Virtio.Cli;

/// <summary>Lines for the user, beside the guest's output. Thread-safe.</summary>
internal static class StandardError
{
    private const string Prefix = "virtio: ";

    private static readonly Lock Gate = new();

    // Not the Console class: on its first use, and after each SIGCONT, it would change the terminal's settings and write to it.
    private static readonly Stream Output = OperatingSystem.IsLinux()
        ? StandardStreams.Open(Terminal.StandardError, FileAccess.Write)
        : Console.OpenStandardError();

    private static readonly Style Style = new(Terminal.StandardError);

    /// <summary>
    /// Whether the terminal is raw: a line feed alone then does not return to the first column. Null while this process makes none raw.
    /// </summary>
    internal static Func<bool>? IsRaw { get; set; }

    /// <summary>Whether the user asked for details: stack traces and debug messages.</summary>
    internal static bool WantsDetails { get; } = Environment.GetEnvironmentVariable("VIRTIO_DEBUG") is "1";

    internal static void WriteLine(string line) => Write(line + "\n");

    internal static void Write(string text)
    {
        lock (Gate)
        {
            try
            {
                string lines = IsRaw?.Invoke() == true ? text.Replace("\n", "\r\n", StringComparison.Ordinal) : text;
                Output.Write(Encoding.UTF8.GetBytes(lines));
            }
            catch (IOException)
            {
                // The reader is gone. The guest runs on.
            }
        }
    }

    /// <summary>Writes information.</summary>
    internal static void WriteMessage(string message) => WriteLine(Style.Bold(Prefix.TrimEnd()) + " " + OneLine(message));

    /// <summary>Writes a warning: something may be wrong.</summary>
    internal static void WriteWarning(string message) =>
        WriteLine(Style.Bold(Prefix.TrimEnd()) + Style.Warning(" warning: ") + OneLine(message));

    /// <summary>Writes an error after which the guest runs on.</summary>
    internal static void WriteError(string message) =>
        WriteLine(Style.Bold(Prefix.TrimEnd()) + Style.Error(" error: ") + OneLine(message));

    /// <summary>Writes why the command ends.</summary>
    internal static void WriteFault(string message) => WriteLine(Style.Error(Prefix) + OneLine(message));

    // Any message as one line, without the full stop of the runtime's messages.
    private static string OneLine(string message)
    {
        string line = string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.EndsWith('.') && !line.EndsWith("..", StringComparison.Ordinal) ? line[..^1] : line;
    }
}
