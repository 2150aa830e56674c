using Virtio.Linux;
using Virtio.Memory;

namespace Virtio.Vmm.Boards;

/// <summary>Guest RAM for a board.</summary>
internal static class BoardMemory
{
    /// <summary>
    /// Allocates the memory. It is shared with other processes only where a device needs that,
    /// because hosts back shared memory with small pages.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">A device needs shared memory, and the host is not Linux.</exception>
    public static GuestMemory Allocate(MicroVmOptions options, params ReadOnlySpan<(ulong Address, ulong Length)> ranges)
    {
        if (!options.Devices.Any(device => device.NeedsSharedMemory))
            return GuestMemory.Allocate(ranges);
        return OperatingSystem.IsLinux()
            ? SharedGuestMemory.Allocate(ranges)
            : throw new PlatformNotSupportedException("a device needs the guest's memory shared with another process, which takes Linux");
    }
}
