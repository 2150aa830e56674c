using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Transports.Mmio;

/// <summary>Checks the options and devices of a bus. Each message says what is wrong, and with which value.</summary>
internal static class MmioBusValidation
{
    private const uint MinimumDeviceSize = 0x200;

    /// <exception cref="ArgumentException">Something is wrong.</exception>
    internal static void Check(MmioBusOptions options, MmioBusDevice[] devices)
    {
        Require(options.Logger is not null, nameof(options.Logger), null, "there must be a logger; NullLogger.Instance logs nowhere");
        Require(options.DeviceSize >= MinimumDeviceSize, nameof(options.DeviceSize), options.DeviceSize,
            $"the registers of a device take at least {MinimumDeviceSize} bytes");
        Require(
            devices.Length == 0 || options.BaseAddress <= ulong.MaxValue - ((ulong)devices.Length * options.DeviceSize),
            nameof(options.BaseAddress), $"0x{options.BaseAddress:x}",
                $"{devices.Length} devices of {options.DeviceSize} bytes do not fit above this address");
        Require(
            options.FirstInterrupt >= 0 && options.FirstInterrupt <= int.MaxValue - devices.Length,
            nameof(options.FirstInterrupt), options.FirstInterrupt, "interrupts are numbered from 0");
        Require(options.PollTime >= TimeSpan.Zero, nameof(options.PollTime), options.PollTime, "a worker polls for a time of zero or more");
        Require(
            options.StopLimit > TimeSpan.Zero || options.StopLimit == Timeout.InfiniteTimeSpan,
            nameof(options.StopLimit), options.StopLimit, "the limit of a stop is more than zero, or Timeout.InfiniteTimeSpan");
        for (int i = 0; i < devices.Length; i++)
            Check(devices, i);
    }

    private static void Check(MmioBusDevice[] devices, int index)
    {
        IVirtioDevice? device = devices[index].Device;
        if (device is null)
            throw new ArgumentException($"device {index} is null", nameof(devices));
        int first = Array.FindIndex(devices, placed => ReferenceEquals(placed.Device, device));
        if (first != index)
        {
            throw new ArgumentException(
                $"devices {first} and {index} are the same object, a {device.GetType().Name}: "
                + "each place on the bus needs a device of its own",
                nameof(devices));
        }

        ReadOnlySpan<ushort> sizes = device.QueueSizes;
        for (int queue = 0; queue < sizes.Length; queue++)
        {
            if (sizes[queue] > Virtqueue.MaximumSize)
            {
                throw new ArgumentException(
                    $"queue {queue} of device {index}, a {device.GetType().Name}, has {sizes[queue]} descriptors; "
                    + $"at most {Virtqueue.MaximumSize} are allowed",
                    nameof(devices));
            }
        }
    }

    private static void Require(bool condition, string option, object? value, string message)
    {
        if (!condition)
            throw new ArgumentOutOfRangeException(option, value, message);
    }
}
