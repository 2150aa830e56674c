using System.Text;
using Virtio.Linux;

namespace Virtio.Cli;

/// <summary>The output of a command: help, findings, scripts.</summary>
internal static class StandardOutput
{
    private const int BrokenPipe = 32;

    // Not the Console class, which would change the terminal's settings. Where standard output was closed at the start, its descriptor may
    // be another file's now.
    private static readonly Stream Output = OperatingSystem.IsLinux()
        ? StandardStreams.Open(Terminal.StandardOutput, FileAccess.Write)
        : Console.OpenStandardOutput();

    internal static Style Style { get; } = new(Terminal.StandardOutput);

    /// <summary>Buffers the output until <see cref="Flush"/>.</summary>
    internal static TextWriter Writer { get; } =
        new StreamWriter(Output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16);

    /// <summary>Writes the buffered output. A reader that stops early, as in <c>virtio help | head -1</c>, is not an error.</summary>
    /// <exception cref="CommandException">The output cannot be written.</exception>
    internal static void Flush()
    {
        try
        {
            Writer.Flush();
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            // The reader does not want the rest.
        }
        catch (IOException e)
        {
            throw new CommandException($"cannot write to standard output: {e.Message}", e);
        }
    }
}
