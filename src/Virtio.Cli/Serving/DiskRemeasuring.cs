using System.Runtime.InteropServices;
using Virtio.Devices;
using Virtio.Devices.Block;

namespace Virtio.Cli.Serving;

/// <summary>
/// Has a disk looked at again at each SIGUSR2, for its guest to see that it grew. Not at SIGHUP, which ends the process as it does others, and not at once when the file
/// changes: who makes it longer may not be done with it.
/// </summary>
internal sealed class DiskRemeasuring : IDisposable
{
    private const PosixSignal Signal = (PosixSignal)12; // SIGUSR2

    private readonly PosixSignalRegistration _registration;

    /// <summary>Begins to heed the signal, for any device: unheeded it would end the process.</summary>
    internal DiskRemeasuring(IVirtioDevice device) => _registration = PosixSignalRegistration.Create(Signal, context =>
    {
        context.Cancel = true;
        if (device is BlockDevice disk)
            Remeasure(disk);
    });

    public void Dispose() => _registration.Dispose();

    private static void Remeasure(BlockDevice disk)
    {
        try
        {
            StandardError.WriteMessage($"the disk {(disk.Remeasure() ? "now has" : "still has")} {disk.Capacity} sectors");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            StandardError.WriteMessage($"warning: the disk still has {disk.Capacity} sectors: {e.Message}");
        }
    }
}
