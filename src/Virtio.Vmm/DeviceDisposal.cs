using Virtio.Devices;

namespace Virtio.Vmm;

/// <summary>Disposes devices that the machine owned before there was a board for them.</summary>
internal static class DeviceDisposal
{
    /// <summary>Disposes each device once. A failed disposal is ignored: it must not hide why there is no board.</summary>
    public static async Task DisposeAllAsync(IEnumerable<IVirtioDevice?>? devices)
    {
        foreach (var device in (devices ?? []).OfType<IVirtioDevice>().Distinct<IVirtioDevice>(ReferenceEqualityComparer.Instance))
        {
            try
            {
                await device.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception)
            {
                // The caller is about to throw the exception that explains why there is no board.
            }
        }
    }
}
