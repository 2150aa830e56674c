using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Virtio.Cli.Arguments;
using Virtio.Devices.Block;
using Virtio.VhostUser;

namespace Virtio.Cli.Serving;

/// <summary>One kind of device that can be served: what all of them have in common.</summary>
internal abstract class ServeDeviceCommand : Command
{
    private const int FirstInherited = 3;
    private const int LongestPoll = 1_000_000;

    private readonly Option<string?> _socket = new("--socket", "--socket-path")
    {
        Description = "The Unix socket to listen at. One that is left from a process which is gone is replaced.",
        HelpName = "path",
    };

    private readonly Option<int?> _descriptor = new("--fd")
    {
        Description = "The number of a descriptor that was inherited: a Unix socket that listens, or that is connected to the front-end.",
        HelpName = "number",
        CustomParser = OptionParser.Each(ParseDescriptor),
    };

    private readonly Option<string?> _connect = new("--connect")
    {
        Description = "The Unix socket of a front-end that listens; it is connected to as soon as it is there, and again when it has gone.",
        HelpName = "path",
    };

    private readonly Option<int?> _queues = new("--queues")
    {
        Description = $"The number of queues, 1 to {BlockDeviceOptions.MaximumQueues}, each with a thread of its own. Default: 1.",
        HelpName = "count",
        CustomParser = OptionParser.Each(ParseQueues),
    };

    private readonly Option<string?> _queueSize = new("--queue-size")
    {
        Description = "The size of each queue that is announced; the front-end decides. Default: 256.",
        HelpName = "count",
    };

    private readonly Option<TimeSpan?> _poll = new("--poll")
    {
        Description = $"How long a queue's thread looks for more requests before it sleeps, at most: it takes a processor for not being woken, and gives up where that does not pay. 1 to {LongestPoll}, or off. Default: {new VhostUserServerOptions().PollTime.TotalMicroseconds}.",
        HelpName = "microseconds|off",
        CustomParser = OptionParser.Each(ParsePoll),
    };

    private readonly Option<string?> _packed = Ring("packed", "Offers the packed ring, to front-ends that know how to set one up (QEMU). Default: off.");
    private readonly Option<string?> _inOrder = Ring("in-order", "Completes requests in order, so that a front-end can repeat what a server that died left undone. Default: off.");
    private readonly Option<string?> _eventIndex = Ring("event-idx", "Fewer kicks and interrupts. Default: on.");

    /// <summary>Makes the command of one kind.</summary>
    /// <param name="name">Of the command.</param>
    /// <param name="description">For people.</param>
    /// <param name="capabilities">For programs: see <see cref="CapabilitiesOption"/>.</param>
    /// <param name="hasQueues">Whether the number and the size of its queues can be chosen.</param>
    private protected ServeDeviceCommand(string name, string description, string capabilities, bool hasQueues)
        : base(name, description)
    {
        foreach (Option option in (Option[])[_socket, _descriptor, _connect, _packed, _inOrder, _eventIndex, _poll])
            Add(option);
        if (hasQueues)
        {
            Add(_queues);
            Add(_queueSize);
        }

        Add(new CapabilitiesOption(capabilities));
        Validators.Add(CheckPlace);
        SetAction((result, _) => new ServeSession([Read(result)]).RunAsync());
    }

    /// <summary>Those of its options that say how it is served, and not what the command does instead.</summary>
    internal IEnumerable<Option> Settings => Options.Where(option => option.Action is null);

    /// <summary>What was asked for.</summary>
    /// <exception cref="CommandException">It cannot be.</exception>
    internal abstract ServedDevice Read(ParseResult result);

    private protected ServeOptions ReadOptions(ParseResult result) => new()
    {
        Socket = result.GetValue(_socket),
        Descriptor = result.GetValue(_descriptor),
        Connect = result.GetValue(_connect),
        Queues = result.GetValue(_queues) ?? 1,
        PollTime = result.GetValue(_poll),
        Ring = [.. RingOptions(result)],
    };

    private static Option<string?> Ring(string name, string description) => new($"--{name}") { Description = description, HelpName = "on|off" };

    private IEnumerable<string> RingOptions(ParseResult result) =>
        from option in (Option<string?>[])[_packed, _inOrder, _eventIndex, _queueSize]
        let value = result.GetValue(option)
        where value is not null
        select $"{option.Name.TrimStart('-')}={value}";

    private void CheckPlace(CommandResult result)
    {
        int places = ((Option[])[_socket, _descriptor, _connect]).Count(option => result.GetResult(option) is not null);
        if (places != 1)
            result.AddError(places == 0 ? "no place to meet the front-end was given; give --socket PATH, --fd NUMBER or --connect PATH" : "give one of --socket, --fd and --connect");
    }

    private static int? ParseDescriptor(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= FirstInherited
            ? number
            : throw new CommandException($"--fd {text}: that is no inherited descriptor; give a number from {FirstInherited} on");

    private static TimeSpan? ParsePoll(string text)
    {
        if (text == "off")
            return TimeSpan.Zero;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int microseconds) && microseconds is >= 1 and <= LongestPoll
            ? TimeSpan.FromMicroseconds(microseconds)
            : throw new CommandException($"--poll {text}: give 1 to {LongestPoll} microseconds, or off");
    }

    private static int? ParseQueues(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= BlockDeviceOptions.MaximumQueues
            ? count
            : throw new CommandException($"--queues {text}: give 1 to {BlockDeviceOptions.MaximumQueues}");
}
