using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;

namespace Virtio.Guest.Tests.Qemu;

/// <summary>A process that serves a disk. Disposing this object kills it.</summary>
internal sealed class BackEnd : IDisposable
{
    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<string> _said = new();
    private bool _isDisposed;

    private BackEnd(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is null)
            {
                _lines.Writer.TryComplete();
                return;
            }

            _said.Enqueue(e.Data);
            _lines.Writer.TryWrite(e.Data);
        };
        process.BeginErrorReadLine();
    }

    internal string Said => string.Join('\n', _said);

    /// <summary>The resources that the process holds for front-ends: descriptors, mappings of shared memory, threads.</summary>
    internal BackEndHoldings Holdings => BackEndHoldings.Of(_process.Id);

    /// <summary>Starts the process and waits until it listens.</summary>
    internal static async Task<BackEnd> StartAsync(string disk, string socket, bool packed)
    {
        string[] arguments = ["serve", "block", "--socket", socket, "--queues", "2", "--packed", packed ? "on" : "off", disk];
        var server = new BackEnd(Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Virtio.Cli"), arguments)
        {
            RedirectStandardError = true,
            Environment = { ["VIRTIO_DEBUG"] = "1" },
        })!);
        await server.WaitForAsync("waiting for a front-end");
        return server;
    }

    internal async Task WaitUntilServingAsync()
    {
        await WaitForAsync("ring 0 is served");
        await WaitForAsync("ring 1 is served");
        await WaitForAsync("SetStatus");
    }

    /// <summary>Sets the length of the disk's file and tells the process.</summary>
    internal async Task ResizeAsync(string disk, long length)
    {
        await Process.Start("truncate", ["-s", length.ToString(CultureInfo.InvariantCulture), disk]).WaitForExitAsync();
        await Process.Start("kill", ["-USR2", _process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExitAsync();
        await WaitForAsync($"the disk now has {length / 512} sectors");
    }

    /// <summary>
    /// The SHA-256 sum of the last bytes of a disk. Another program reads it, because this process cannot open a locked disk.
    /// </summary>
    internal static async Task<string> SumOfEndAsync(string disk, long length)
    {
        string command = string.Create(CultureInfo.InvariantCulture, $"tail -c {length} '{disk}' | sha256sum");
        using Process program = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true })!;
        return await program.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Reads the process's output until a line contains the text.</summary>
    internal async Task WaitForAsync(string text)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        string line;
        do
        {
            line = await _lines.Reader.ReadAsync(limit.Token);
        }
        while (!line.Contains(text, StringComparison.Ordinal));
    }

    /// <summary>Waits up to 30 s for the wanted state, because the process notices the end of a front-end only some time later.</summary>
    internal async Task<BackEndHoldings> AwaitHoldingsAsync(Predicate<BackEndHoldings> isWanted)
    {
        long start = Stopwatch.GetTimestamp();
        BackEndHoldings holdings;
        while (!isWanted(holdings = Holdings) && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30))
            await Task.Delay(20);
        return holdings;
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
