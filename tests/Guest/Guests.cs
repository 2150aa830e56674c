using Virtio.Devices;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

/// <summary>Boots guests for these tests; skips, with the reason, where there is no image.</summary>
internal static class Guests
{
    internal static void RequireImage() =>
        Assert.SkipWhen(GuestImage.TryFind() is null, "there is no guest image; ./build guest makes it");

    internal static Task<LinuxGuest> StartAsync(params IReadOnlyList<IVirtioDevice> devices) => StartAsync(new LinuxGuestOptions { Devices = devices });

    internal static Task<LinuxGuest> StartAsync(LinuxGuestOptions options)
    {
        RequireImage();
        return LinuxGuest.StartAsync(options, TestContext.Current.CancellationToken);
    }
}
