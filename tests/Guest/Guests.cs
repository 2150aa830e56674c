using Virtio.Devices;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

/// <summary>Boots guests for these tests. Skips the test, with the reason, when there is no image.</summary>
internal static class Guests
{
    internal static void RequireImage(MicroVmMachine machine) =>
        Assert.SkipWhen(GuestImage.TryFind(machine) is null, $"there is no guest image for the machine {machine}; ./build guest makes it");

    internal static Task<LinuxGuest> StartAsync(MicroVmMachine machine, params IReadOnlyList<IVirtioDevice> devices) =>
        StartAsync(new LinuxGuestOptions { Machine = machine, Devices = devices });

    internal static Task<LinuxGuest> StartAsync(LinuxGuestOptions options)
    {
        RequireImage(options.Machine);
        return LinuxGuest.StartAsync(options, TestContext.Current.CancellationToken);
    }
}
