using System.Diagnostics;
using Virtio.Cli.Arguments;
using Virtio.Linux;
using Virtio.Storage;

namespace Virtio.Cli;

/// <summary>Shows the progress of a download: on a terminal one line that changes, elsewhere one line at the end.</summary>
internal sealed class DownloadProgress(string option, string name) : IProgress<HttpDownloadProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly bool _changes = Terminal.IsTerminal(Terminal.StandardError);
    private HttpDownloadProgress _latest;
    private long _shown;

    public void Report(HttpDownloadProgress value)
    {
        _latest = value;
        if (!_changes || (_shown != 0 && Stopwatch.GetElapsedTime(_shown) < Interval))
            return;
        _shown = Stopwatch.GetTimestamp();
        Show();
    }

    internal void Finish()
    {
        if (_changes)
            Show();
        StandardError.Write(_changes ? "\n" : Line() + "\n");
    }

    private void Show() => StandardError.Write($"\r{Line()}\u001b[K");

    private string Line() => $"virtio: {option[2..]} {name}: {ByteSize.Format(_latest.Received)}"
        + (_latest.Total is > 0 and var total ? $" of {ByteSize.Format(total)} ({_latest.Received * 100 / total} %)" : "");
}
