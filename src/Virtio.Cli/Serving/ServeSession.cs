using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Virtio.Linux;

namespace Virtio.Cli.Serving;

/// <summary>
/// Serves devices, from the command line to the exit status. On every exit, storage is flushed and the terminal restored.
/// </summary>
internal sealed class ServeSession(IReadOnlyList<ServedDevice> devices)
{
    internal Task<int> RunAsync() => OperatingSystem.IsLinux()
        ? RunOnLinuxAsync()
        : throw new CommandException("vhost-user needs Linux; 'virtio run' runs a guest here");

    [SupportedOSPlatform("linux")]
    private async Task<int> RunOnLinuxAsync()
    {
        var services = new List<Service>();
        int status = await ServeAsync(services);
        if (services.Any(service => service.Ended.IsCancellationRequested))
        {
            // On a new line: the cursor is where the guest left it.
            StandardError.Write("\n");
            StandardError.WriteMessage("the server was ended with Ctrl-A x");
        }

        return status;
    }

    [SupportedOSPlatform("linux")]
    private async Task<int> ServeAsync(List<Service> services)
    {
        using var interruption = new Interruption();
        using var report = new CounterReport();
        try
        {
            // All devices are opened before a front-end can connect to any: one that cannot be served should not fail a machine that has
            // started.
            foreach (ServedDevice device in devices)
                services.Add(await Service.OpenAsync(device, LoggerFor(device), interruption.Token));
            services.ForEach(service => service.Start());
            report.Services = services;
            await WaitAsync(services, interruption.Token);
            return ExitStatus.Success;
        }
        catch (OperationCanceledException) when (interruption.ExitStatus is { } status)
        {
            // SIGTERM is the normal end of a server.
            return status == ExitStatus.Terminated ? ExitStatus.Success : status;
        }
        catch (OperationCanceledException) when (services.Any(service => service.Ended.IsCancellationRequested))
        {
            return ExitStatus.Success;
        }
        finally
        {
            await Task.WhenAll(services.Select(service => service.DisposeAsync().AsTask()));
        }
    }

    [SupportedOSPlatform("linux")]
    private static async Task WaitAsync(List<Service> services, CancellationToken interrupted)
    {
        if (Terminal.IsTerminal(Terminal.StandardInput))
            TellHints(services);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource([interrupted, .. services.Select(service => service.Ended)]);
        await foreach (Task ended in Task.WhenEach(services.Select(service => service.WaitAsync(stop.Token))))
            await ended;
    }

    /// <summary>
    /// Tells the user at a terminal how to end the server, and how to connect to consoles elsewhere. Where this terminal is a console, only
    /// the keys of that are told.
    /// </summary>
    [SupportedOSPlatform("linux")]
    private static void TellHints(List<Service> services)
    {
        bool isConsole = services.Exists(service => service.HasStandardStreams);
        foreach (Service service in services.Where(service => service.Hint is not null && service.HasStandardStreams == isConsole))
            StandardError.WriteMessage(services.Count > 1 ? $"{service.Place}: {service.Hint}" : service.Hint!);
    }

    // Where there are several devices, each message begins with its device.
    private StandardErrorLogger LoggerFor(ServedDevice device) =>
        new(LogLevel.Information, devices.Count > 1 ? $"{device.Options.Place}: " : "");
}
