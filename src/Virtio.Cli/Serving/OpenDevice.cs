using Virtio.Cli.Consoles;
using Virtio.Devices;
using Virtio.Devices.Console;

namespace Virtio.Cli.Serving;

/// <summary>A device that may be served, and the person's end of it where it is a console. Whoever has it disposes both, the device first.</summary>
internal sealed record OpenDevice(IVirtioDevice Device, ConsoleEnd? End = null)
{
    internal void Begin()
    {
        if (Device is ConsoleDevice console)
            End?.Begin(console);
    }

    /// <summary>Waits until nothing that its driver wrote is on its way any more.</summary>
    internal Task FlushAsync(CancellationToken cancellationToken) => Device is ConsoleDevice console ? console.FlushAsync(cancellationToken) : Task.CompletedTask;
}
