using System.Globalization;
using System.Numerics;
using Virtio.Queues;

namespace Virtio.Cli.Arguments;

/// <summary>What a device's rings may be, as the command line names it: <c>packed=off</c>, <c>queue-size=1024</c> and their like.</summary>
/// <param name="Features">What is offered.</param>
/// <param name="Size">Maximum number of descriptors; null for the device's own.</param>
internal sealed record RingSpec(VirtioFeatures Features, int? Size)
{
    private const string SizeName = "queue-size=";

    // Of a request without an indirect table: header, data, status. A driver waits for ever for a ring that takes no request.
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

    /// <summary>Of a device that another program's machine has: few of those can set up a packed ring.</summary>
    internal static RingSpec Served { get; } = new(VirtioFeatures.RingDefault & ~VirtioFeatures.RingPacked, null);

    /// <summary>The options there are, for people.</summary>
    internal static IEnumerable<string> OptionNames => Names.Keys.Select(name => name + "=on|off").Append(SizeName + "COUNT");

    /// <summary>Whether an option is about rings, whatever its value.</summary>
    internal static bool IsOption(string option) => option.StartsWith(SizeName, StringComparison.Ordinal) || Names.ContainsKey(NameOf(option));

    /// <exception cref="UsageException">A value is none, or there is no such ring.</exception>
    internal RingSpec With(string device, IEnumerable<string> options)
    {
        RingSpec ring = options.Aggregate(this, (before, option) => before.With(device, option));
        if (ring.Size is { } size && !BitOperations.IsPow2(size) && !ring.Features.HasFlag(VirtioFeatures.RingPacked))
            throw new UsageException($"{device}: {size} is no size of a split ring, which is a power of two; give another, or packed=on");
        if (ring.Size < SmallestDirectSize && !ring.Features.HasFlag(VirtioFeatures.IndirectDescriptors))
            throw new UsageException($"{device}: without indirect tables no request fits a queue of {ring.Size}; give {SmallestDirectSize} or more, or indirect=on");
        return ring;
    }

    private static string NameOf(string option) => option.Split('=', 2)[0];

    private RingSpec With(string device, string option)
    {
        string name = NameOf(option);
        string value = option[Math.Min(option.Length, name.Length + 1)..];
        if (option.StartsWith(SizeName, StringComparison.Ordinal))
        {
            return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size is >= 1 and <= Virtqueue.MaximumSize
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
