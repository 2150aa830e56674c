using Virtio.Cli.Consoles;
using Virtio.Devices;
using Virtio.Devices.Console;

namespace Virtio.Cli.Serving;

/// <summary>An open device, and the user's end of it where it is a console. The owner disposes both, the device first.</summary>
internal sealed record OpenDevice(IVirtioDevice Device, ConsoleEnd? End = null)
{
    internal void Begin()
    {
        if (Device is ConsoleDevice console)
            End?.Begin(console);
    }

    /// <summary>Waits until the output that the driver has written is passed on.</summary>
    internal Task FlushAsync(CancellationToken cancellationToken) =>
        Device is ConsoleDevice console ? console.FlushAsync(cancellationToken) : Task.CompletedTask;
}
