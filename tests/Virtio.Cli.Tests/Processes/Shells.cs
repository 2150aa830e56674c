using System.Diagnostics;

namespace Virtio.Cli.Tests.Processes;

/// <summary>Runs programs of the host.</summary>
internal static class Shells
{
    internal static async Task<(string Output, string Error)> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            })!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        return (output, await error);
    }
}
