using System.Text;
using Virtio.Linux;

namespace Virtio.Cli;

/// <summary>Lines to the person, beside the guest's output. Thread-safe.</summary>
internal static class StandardError
{
    private static readonly Lock Gate = new();

    // Not the console class: it would change a terminal's settings, and write to it, when it is first used and whenever the process is continued.
    private static readonly Stream Output = OperatingSystem.IsLinux() ? StandardStreams.Open(Terminal.StandardError, FileAccess.Write) : Console.OpenStandardError();

    /// <summary>Whether the terminal is raw, so that a line feed alone would not return to the first column.</summary>
    internal static bool IsRaw { get; set; }

    /// <summary>Whether the person asked for details: stack traces and information for debugging.</summary>
    internal static bool WantsDetails { get; } = Environment.GetEnvironmentVariable("VIRTIO_DEBUG") is "1";

    internal static void WriteLine(string line) => Write(line + "\n");

    internal static void Write(string text)
    {
        lock (Gate)
        {
            try
            {
                Output.Write(Encoding.UTF8.GetBytes(IsRaw ? text.Replace("\n", "\r\n", StringComparison.Ordinal) : text));
            }
            catch (IOException)
            {
                // Nobody listens; that is no reason to end the guest.
            }
        }
    }

    /// <summary>One line, whatever the message is.</summary>
    internal static void WriteMessage(string message) =>
        WriteLine("virtio: " + string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
}
