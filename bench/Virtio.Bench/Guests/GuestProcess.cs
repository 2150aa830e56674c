using System.Diagnostics;
using System.Text;

namespace Virtio.Bench.Guests;

/// <summary>A running guest in a separate process, with the console on its standard input and output. For one thread.</summary>
internal sealed class GuestProcess : IDisposable
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Process _process;
    private readonly byte[] _buffer = new byte[16 << 10];
    private readonly StringBuilder _errors = new();

    private GuestProcess(Process process) => _process = process;

    internal int Id => _process.Id;

    /// <summary>The program's output on standard error.</summary>
    internal string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString().Trim();
        }
    }

    internal static GuestProcess Start(string program, IReadOnlyList<string> arguments)
    {
        var guest = new GuestProcess(new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        });
        guest._process.ErrorDataReceived += (_, line) =>
        {
            lock (guest._errors)
                guest._errors.AppendLine(line.Data);
        };
        guest._process.Start();
        guest._process.BeginErrorReadLine();
        return guest;
    }

    /// <summary>Time since the process was started.</summary>
    internal TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>The processor time of the process.</summary>
    internal TimeSpan ProcessorTime => _process.TotalProcessorTime;

    internal void Send(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    /// <summary>
    /// The console's output up to a text and a little further; null if the process ended first. At the time limit it is killed.
    /// </summary>
    internal string? ReadUntil(string text, TimeSpan limit)
    {
        // A blocked read of a pipe cannot be cancelled, but the end of the process ends it.
        using var timer = new Timer(_ => Kill(), null, limit, Timeout.InfiniteTimeSpan);
        var match = new TextMatch(text);
        var all = new StringBuilder();
        Stream console = _process.StandardOutput.BaseStream;
        for (int count; (count = console.Read(_buffer)) > 0;)
        {
            all.Append(Encoding.Latin1.GetString(_buffer.AsSpan(0, count)));
            if (match.Add(_buffer.AsSpan(0, count)))
                return all.ToString();
        }

        return null;
    }

    /// <summary>The program's complete output on standard error, once it has ended by itself.</summary>
    internal string FinalErrors()
    {
        _process.WaitForExit();
        return Errors;
    }

    public void Dispose()
    {
        Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // The process has ended by itself.
        }
    }
}
