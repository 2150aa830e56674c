using System.Globalization;
using Virtio.Devices;

namespace Virtio.Cli.Arguments;

/// <summary>A device of another process as the command line names it: its type, <c>,socket=PATH</c>, then <c>,queues=N</c> and those of <see cref="RingSpec"/>.</summary>
/// <param name="Id">What it is.</param>
/// <param name="Socket">Where its back-end listens.</param>
/// <param name="Queues">How many queues; null for as many as the back-end has.</param>
/// <param name="Ring">What its rings may be.</param>
internal sealed record VhostUserSpec(DeviceId Id, string Socket, int? Queues, RingSpec Ring)
{
    private const string Option = "--vhost-user";
    private const string SocketName = "socket=";
    private const string QueuesName = "queues=";
    private const int MostQueues = 64;

    /// <exception cref="CommandException">It is none; the message names it.</exception>
    internal static VhostUserSpec Parse(string text)
    {
        string[] words = text.Split(',');
        DeviceId id = words[0] switch
        {
            "block" => DeviceId.Block,
            "console" => DeviceId.Console,
            "entropy" => DeviceId.Entropy,
            _ => throw new CommandException($"{Option} {text}: '{words[0]}' is no device; give block, console or entropy, then ',socket=PATH'"),
        };
        var spec = new VhostUserSpec(id, "", null, RingSpec.Default with { Features = RingSpec.Default.Features | VirtioFeatures.InOrder });
        var ring = new List<string>();
        foreach (string word in words[1..])
        {
            if (word.StartsWith(SocketName, StringComparison.Ordinal))
                spec = spec with { Socket = word[SocketName.Length..] };
            else if (word.StartsWith(QueuesName, StringComparison.Ordinal))
                spec = spec with { Queues = ParseQueues(text, word[QueuesName.Length..]) };
            else if (RingSpec.IsOption(word))
                ring.Add(word);
            else
                throw new CommandException($"{Option} {text}: '{word}' is neither socket=PATH nor queues=COUNT nor about rings");
        }

        return spec.Socket.Length > 0
            ? spec with { Ring = spec.Ring.With($"{Option} {text}", ring) }
            : throw new CommandException($"{Option} {text}: no back-end is named; add ',socket=PATH'");
    }

    private static int ParseQueues(string text, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= MostQueues
            ? count
            : throw new CommandException($"{Option} {text}: '{value}' is no number of queues; give 1 to {MostQueues}");
}
