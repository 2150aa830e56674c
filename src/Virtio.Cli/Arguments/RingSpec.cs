using System.Globalization;
using System.Numerics;
using Virtio.Queues;

namespace Virtio.Cli.Arguments;

/// <summary>The settings of a device's rings on the command line: <c>packed=off</c>, <c>queue-size=1024</c> and others.</summary>
/// <param name="Features">The ring features to offer.</param>
/// <param name="Size">Maximum number of descriptors; null for the device's default.</param>
internal sealed record RingSpec(VirtioFeatures Features, int? Size)
{
    private const string SizeName = "queue-size=";

    // A block request without an indirect table needs descriptors for header, data and status. A driver waits forever where no request fits
    // the ring.
    private const int SmallestDirectSize = 4;

    private static readonly Dictionary<string, VirtioFeatures> Names = new(StringComparer.Ordinal)
    {
        ["packed"] = VirtioFeatures.RingPacked,
        ["indirect"] = VirtioFeatures.IndirectDescriptors,
        ["event-idx"] = VirtioFeatures.EventIndex,
        ["in-order"] = VirtioFeatures.InOrder,
        ["queue-reset"] = VirtioFeatures.RingReset,
        ["notification-data"] = VirtioFeatures.NotificationData,
        ["access-platform"] = VirtioFeatures.AccessPlatform,
        ["order-platform"] = VirtioFeatures.OrderPlatform,
    };

    internal static RingSpec Default { get; } = new(VirtioFeatures.RingDefault, null);

    /// <summary>For a device of another program's machine: few of these programs can set up a packed ring.</summary>
    internal static RingSpec Served { get; } = new(VirtioFeatures.RingDefault & ~VirtioFeatures.RingPacked, null);

    /// <summary>The names of all options, for messages.</summary>
    internal static IEnumerable<string> OptionNames => Names.Keys.Select(name => name + "=on|off").Append(SizeName + "COUNT");

    /// <summary>Whether an option is a ring option, with any value.</summary>
    internal static bool IsOption(string option) =>
        option.StartsWith(SizeName, StringComparison.Ordinal) || Names.ContainsKey(NameOf(option));

    /// <exception cref="UsageException">A value is not valid, or the combination is not.</exception>
    internal RingSpec With(string device, IEnumerable<string> options)
    {
        RingSpec ring = options.Aggregate(this, (before, option) => before.With(device, option));
        if (ring.Size is { } size && !BitOperations.IsPow2(size) && !ring.Features.HasFlag(VirtioFeatures.RingPacked))
            throw new UsageException($"{device}: {size} is no size of a split ring, which is a power of two; give another, or packed=on");
        if (ring.Size < SmallestDirectSize && !ring.Features.HasFlag(VirtioFeatures.IndirectDescriptors))
        {
            throw new UsageException(
                $"{device}: without indirect tables no request fits a queue of {ring.Size}; "
                + $"give {SmallestDirectSize} or more, or indirect=on");
        }

        return ring;
    }

    private static string NameOf(string option) => option.Split('=', 2)[0];

    private RingSpec With(string device, string option)
    {
        string name = NameOf(option);
        string value = option[Math.Min(option.Length, name.Length + 1)..];
        if (option.StartsWith(SizeName, StringComparison.Ordinal))
        {
            return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int size)
                && size is >= 1 and <= Virtqueue.MaximumSize
                ? this with { Size = size }
                : throw new UsageException($"{device}: '{value}' is no queue size; give 1 to {Virtqueue.MaximumSize}");
        }

        return value switch
        {
            "on" => this with { Features = Features | Names[name] },
            "off" => this with { Features = Features & ~Names[name] },
            _ => throw new UsageException($"{device}: '{option}' is neither {name}=on nor {name}=off"),
        };
    }
}
