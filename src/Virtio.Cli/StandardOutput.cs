using System.Text;
using Virtio.Linux;

namespace Virtio.Cli;

/// <summary>What a command prints: help, findings, scripts.</summary>
internal static class StandardOutput
{
    private const int BrokenPipe = 32;

    // Not the console class, which would change a terminal's settings; and where standard output was closed, its number may be another file's.
    private static readonly Stream Output = OperatingSystem.IsLinux() ? StandardStreams.Open(Terminal.StandardOutput, FileAccess.Write) : Console.OpenStandardOutput();

    internal static Style Style { get; } = new(Terminal.StandardOutput);

    /// <summary>Takes what is printed, until it is flushed.</summary>
    internal static TextWriter Writer { get; } = new StreamWriter(Output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16);

    /// <summary>Writes out what was printed. A reader that has enough, as in <c>virtio help | head -1</c>, is no fault.</summary>
    /// <exception cref="CommandException">It cannot be written.</exception>
    internal static void Flush()
    {
        try
        {
            Writer.Flush();
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            // The rest is not wanted.
        }
        catch (IOException e)
        {
            throw new CommandException($"cannot write to standard output: {e.Message}", e);
        }
    }
}
