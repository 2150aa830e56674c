using Virtio.Devices;

namespace Virtio.Vmm;

/// <summary>Disposes devices that were handed over and never reached a board.</summary>
internal static class DeviceDisposal
{
    /// <summary>Disposes each, once, whatever the others do; a failure of theirs must not hide why there is no board.</summary>
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
                // The caller is about to throw the reason that matters.
            }
        }
    }
}
