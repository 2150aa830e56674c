using Virtio.Devices;

namespace Virtio.Testing;

/// <summary>
/// Checks the options and devices of a <see cref="TestBus"/> before anything is allocated. The bus itself checks the rest.
/// </summary>
internal static class TestBusValidation
{
    internal static void Check(TestBusOptions options, IVirtioDevice[] devices)
    {
        ArgumentNullException.ThrowIfNull(options.Bus, nameof(options.Bus));
        ArgumentNullException.ThrowIfNull(options.AllocateMemory, nameof(options.AllocateMemory));
        ArgumentNullException.ThrowIfNull(options.FurtherMemory, nameof(options.FurtherMemory));
        int missing = Array.IndexOf(devices, null);
        if (missing >= 0)
            throw new ArgumentException($"device {missing} is null", nameof(devices));
        CheckLimit(nameof(options.Timeout), options.Timeout);
        CheckLimit(nameof(options.StopLimit), options.StopLimit);
    }

    private static void CheckLimit(string name, TimeSpan limit)
    {
        if (limit <= TimeSpan.Zero && limit != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(name, limit, "a limit is more than zero, or Timeout.InfiniteTimeSpan");
    }
}
