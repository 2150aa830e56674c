using Virtio.Cli.Arguments;
using Virtio.Linux;

namespace Virtio.Cli;

/// <summary>How far a download is: on a terminal one line that changes, elsewhere a line at its end.</summary>
internal sealed class DownloadProgress(string option, string name, long? total)
{
    private readonly bool _changes = Terminal.IsTerminal(Terminal.StandardError);

    internal void Report(long received)
    {
        if (_changes)
            StandardError.Write($"\r{Line(received)}\u001b[K");
    }

    internal void Finish(long received)
    {
        Report(received);
        StandardError.Write(_changes ? "\n" : Line(received) + "\n");
    }

    private string Line(long received) => $"virtio: {option[2..]} {name}: {ByteSize.Format(received)}"
        + (total is > 0 ? $" of {ByteSize.Format(total.Value)} ({received * 100 / total.Value} %)" : "");
}
