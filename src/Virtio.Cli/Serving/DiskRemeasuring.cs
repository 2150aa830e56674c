using System.Runtime.InteropServices;
using Virtio.Devices;
using Virtio.Devices.Block;

namespace Virtio.Cli.Serving;

/// <summary>
/// Reads a disk's length again at each SIGUSR2, so that its guest sees that it grew. Not at SIGHUP, which ends the process. Not when the
/// file changes: the program that extends it may not have finished.
/// </summary>
internal sealed class DiskRemeasuring : IDisposable
{
    private const PosixSignal Signal = (PosixSignal)12; // SIGUSR2

    private readonly PosixSignalRegistration _registration;

    /// <summary>Handles the signal from now on, for any device; unhandled, it would end the process.</summary>
    /// <param name="device">The device, which may be a disk.</param>
    /// <param name="place">The device's place, for messages.</param>
    internal DiskRemeasuring(IVirtioDevice device, string place) => _registration = PosixSignalRegistration.Create(Signal, context =>
    {
        context.Cancel = true;
        if (device is BlockDevice disk)
            Remeasure(disk, place);
    });

    public void Dispose() => _registration.Dispose();

    private static void Remeasure(BlockDevice disk, string place)
    {
        try
        {
            StandardError.WriteMessage($"{place}: the disk {(disk.Remeasure() ? "now has" : "still has")} {disk.SectorCount} sectors");
            if (disk.UnusedByteCount > 0)
            {
                StandardError.WriteWarning(
                    $"{place}: the guest does not see the last {disk.UnusedByteCount} bytes, which are no whole sector");
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            StandardError.WriteWarning($"{place}: the disk still has {disk.SectorCount} sectors: {e.Message}");
        }
    }
}
