using System.Diagnostics;

namespace Virtio.Tests.Storage;

/// <summary>Runs the tools that tests with real files, locks and servers need.</summary>
internal static class Programs
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>The full path of a tool. Skips the test, naming the tool, if it is not installed.</summary>
    public static string Find(string name)
    {
        string path = Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin";
        string? found = path.Split(':').Select(p => Path.Combine(p, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, $"{name} is not installed");
        return found!;
    }

    public static Process Start(string name, params string[] arguments)
        => Process.Start(
            new ProcessStartInfo(Find(name), arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            })!;

    /// <summary>Runs a tool to its end, for at most 20 seconds.</summary>
    public static async Task<(int Status, string Output)> Run(string name, params string[] arguments)
    {
        using Process process = Start(name, arguments);
        using CancellationTokenSource limit = new(Limit);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            string error = await process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, (await output + error).Trim());
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
