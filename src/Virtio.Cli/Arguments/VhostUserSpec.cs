using System.Globalization;
using Virtio.Devices;

namespace Virtio.Cli.Arguments;

/// <summary>
/// A device of another process on the command line: its type, <c>,socket=PATH</c>, then <c>,queues=N</c> and the options of
/// <see cref="RingSpec"/>.
/// </summary>
/// <param name="Id">The type of the device.</param>
/// <param name="Socket">The socket that its back-end listens at.</param>
/// <param name="Queues">How many queues; null for as many as the back-end has.</param>
/// <param name="Ring">The settings of its rings.</param>
internal sealed record VhostUserSpec(DeviceId Id, string Socket, int? Queues, RingSpec Ring)
{
    private const string Option = "--vhost-user";
    private const string SocketName = "socket=";
    private const string QueuesName = "queues=";
    private const int MostQueues = 64;

    /// <exception cref="UsageException">The text is not a device; the message names it.</exception>
    internal static VhostUserSpec Parse(string text)
    {
        SpecText spec = SpecText.Parse(text);
        DeviceId id = spec.Thing switch
        {
            "block" => DeviceId.Block,
            "console" => DeviceId.Console,
            "entropy" => DeviceId.Entropy,
            _ => throw new UsageException(
                $"{Option} {text}: '{spec.Thing}' is no device; give block, console or entropy, then ',socket=PATH'"),
        };
        RingSpec inOrder = RingSpec.Default with { Features = RingSpec.Default.Features | VirtioFeatures.InOrder };
        var device = new VhostUserSpec(id, "", null, inOrder);
        var ring = new List<string>();
        foreach (string word in spec.Options)
        {
            if (word.StartsWith(SocketName, StringComparison.Ordinal))
                device = device with { Socket = word[SocketName.Length..] };
            else if (word.StartsWith(QueuesName, StringComparison.Ordinal))
                device = device with { Queues = ParseQueues(text, word[QueuesName.Length..]) };
            else if (RingSpec.IsOption(word))
                ring.Add(word);
            else
                throw SpecText.Unknown($"{Option} {text}", word, "socket=PATH, queues=COUNT and those of 'virtio help rings'");
        }

        return device.Socket.Length > 0
            ? device with { Ring = device.Ring.With($"{Option} {text}", ring) }
            : throw new UsageException($"{Option} {text}: no back-end is named; add ',socket=PATH'");
    }

    private static int ParseQueues(string text, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= MostQueues
            ? count
            : throw new UsageException($"{Option} {text}: '{value}' is no number of queues; give 1 to {MostQueues}");
}
