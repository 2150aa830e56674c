using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Virtio.Vmm;

namespace Virtio.Cli.Tests.Processes;

/// <summary>The built command, run as a process.</summary>
internal sealed partial class CommandProcess : IDisposable
{
    internal const int Interrupt = 2;
    internal const int Terminate = 15;
    internal const int User1 = 10;
    internal const int Continue = 18;
    internal const int Stop = 19;

    // A guest boots in seconds, but a busy host may be many times slower.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Task _reading;

    private CommandProcess(string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(ExecutablePath, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput, _output), ReadAsync(_process.StandardError, _error));
    }

    internal static string ExecutablePath => Path.ChangeExtension(typeof(VirtioCommand).Assembly.Location, null);

    internal StreamWriter Input => _process.StandardInput;

    internal string Output => Read(_output);

    internal string Error => Read(_error);

    internal static CommandProcess Start(params string[] arguments) => new(arguments);

    /// <summary>Skips the test if there is no guest image.</summary>
    internal static void RequireGuestImage() =>
        Assert.SkipWhen(
            GuestImage.TryFind() is null,
            $"there is no guest image: make it with './build guest', or set {GuestImage.FolderVariable}");

    /// <summary>Runs the command to its end, with no input.</summary>
    internal static async Task<(int Status, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using CommandProcess process = Start(arguments);
        process.Input.Close();
        return await process.EndAsync();
    }

    internal Task WaitForOutputAsync(string text) => WaitAsync(() => Output, text);

    internal Task WaitForErrorAsync(string text) => WaitAsync(() => Error, text);

    internal void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    /// <summary>Stops the process with a signal and waits until all of its threads have stopped.</summary>
    internal async Task StopAsync()
    {
        Signal(Stop);
        var clock = Stopwatch.StartNew();
        while (Directory.GetDirectories($"/proc/{_process.Id}/task").Any(task => !IsStopped(task)))
        {
            Assert.True(clock.Elapsed < Limit, "it does not stop");
            await Task.Delay(1);
        }
    }

    internal async Task<(int Status, string Output, string Error)> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Limit);
        await _reading;
        return (_process.ExitCode, Output, Error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    internal static partial int Kill(int process, int signal);

    // The state follows the name, which may itself contain parentheses.
    private static bool IsStopped(string task)
    {
        try
        {
            string stat = File.ReadAllText(Path.Combine(task, "stat"));
            return stat[stat.LastIndexOf(')') + 2] == 'T';
        }
        catch (IOException)
        {
            return false; // it ended since the folder was listed
        }
    }

    private static async Task ReadAsync(StreamReader from, StringBuilder to)
    {
        char[] buffer = new char[4096];
        for (int count; (count = await from.ReadAsync(buffer)) > 0;)
        {
            lock (to)
                to.Append(buffer, 0, count);
        }
    }

    private static string Read(StringBuilder said)
    {
        lock (said)
            return said.ToString();
    }

    private async Task WaitAsync(Func<string> said, string text)
    {
        var clock = Stopwatch.StartNew();
        while (!said().Contains(text, StringComparison.Ordinal))
        {
            Assert.False(
                _process.HasExited,
                $"it ended with {(_process.HasExited ? _process.ExitCode : 0)} before it wrote '{text}': {Output}{Error}");
            Assert.True(clock.Elapsed < Limit, $"'{text}' did not come: {Output}{Error}");
            await Task.Delay(20);
        }
    }
}
