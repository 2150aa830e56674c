using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Virtio.Cli.Arguments;
using Virtio.Devices.Block;
using Virtio.VhostUser;

namespace Virtio.Cli.Serving;

/// <summary>Base of the commands that serve one kind of device, with their common options.</summary>
internal abstract class ServeDeviceCommand : Command
{
    private const int FirstInherited = 3;
    private const int LongestPoll = 1_000_000;
    private const int MostMode = 0x1ff; // 0777

    private readonly Option<string?> _socket = new("--socket", "--socket-path")
    {
        Description = "the Unix socket to listen at; a socket that a dead process has left there is replaced",
        HelpName = "PATH",
    };

    private readonly Option<int?> _descriptor = new("--fd")
    {
        Description = "the number of a descriptor that was inherited: a Unix socket that listens, or that is connected to the front-end",
        HelpName = "NUMBER",
        CustomParser = OptionParser.Each(ParseDescriptor),
    };

    private readonly Option<string?> _connect = new("--connect")
    {
        Description = "the Unix socket of a front-end that listens; it is connected to as soon as it is there, and again when it has gone",
        HelpName = "PATH",
    };

    private readonly Option<UnixFileMode?> _socketMode = new("--socket-mode")
    {
        Description = "with --socket: which users may connect, as an octal mode; a front-end needs write permission "
            + "(default: 0600, this user)",
        HelpName = "MODE",
        CustomParser = OptionParser.Each(ParseMode),
    };

    private readonly Option<string?> _socketGroup = new("--socket-group")
    {
        Description = "with --socket: the group of the socket, by name or number, as for --socket-mode 0660",
        HelpName = "GROUP",
    };

    private readonly Option<int?> _queues = new("--queues")
    {
        Description = $"the number of queues, 1 to {BlockDeviceOptions.MaximumQueues}, each with a thread of its own (default: 1)",
        HelpName = "COUNT",
        CustomParser = OptionParser.Each(ParseQueues),
    };

    private readonly Option<string?> _queueSize = new("--queue-size")
    {
        Description = "the size of each queue that is announced; the front-end decides (default: 256)",
        HelpName = "COUNT",
    };

    private readonly Option<TimeSpan?> _poll = new("--poll")
    {
        Description = $"how long a queue's thread looks for more requests before it sleeps, at most, 1 to {LongestPoll}; "
            + "it takes a processor for that, and gives up where it does not pay "
            + $"(default: {new VhostUserServerOptions().PollTime.TotalMicroseconds})",
        HelpName = "MICROSECONDS|off",
        CustomParser = OptionParser.Each(ParsePoll),
    };

    private readonly Option<string?> _packed =
        Ring("packed", "offers the packed ring, to front-ends that know how to set one up, such as QEMU (default: off)");

    private readonly Option<string?> _inOrder = Ring(
        "in-order",
        "completes requests in order, so that a front-end can repeat the requests that a dead server left in flight (default: off)");

    private readonly Option<string?> _eventIndex = Ring("event-idx", "fewer kicks and interrupts (default: on)");

    /// <summary>Makes the command of one kind.</summary>
    /// <param name="name">Name of the command.</param>
    /// <param name="description">One line for its help.</param>
    /// <param name="capabilities">JSON for programs: see <see cref="CapabilitiesOption"/>.</param>
    /// <param name="hasQueues">Whether the number and the size of the queues can be chosen.</param>
    private protected ServeDeviceCommand(string name, string description, string capabilities, bool hasQueues)
        : base(name, description)
    {
        Option[] options = [_socket, _socketMode, _socketGroup, _descriptor, _connect, _packed, _inOrder, _eventIndex, _poll];
        foreach (Option option in options)
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

    /// <summary>The options that say how the device is served. Excludes those that do something else, such as --help.</summary>
    internal IEnumerable<Option> Settings => Options.Where(option => option.Action is null);

    /// <summary>Reads the device from the command line.</summary>
    /// <exception cref="UsageException">A value is not valid.</exception>
    internal abstract ServedDevice Read(ParseResult result);

    private protected ServeOptions ReadOptions(ParseResult result) => new()
    {
        Socket = result.GetValue(_socket),
        SocketMode = result.GetValue(_socketMode),
        SocketGroup = result.GetValue(_socketGroup),
        Descriptor = result.GetValue(_descriptor),
        Connect = result.GetValue(_connect),
        Queues = result.GetValue(_queues) ?? 1,
        PollTime = result.GetValue(_poll),
        Ring = [.. RingOptions(result)],
    };

    private static Option<string?> Ring(string name, string description) =>
        new($"--{name}") { Description = description, HelpName = "on|off" };

    private IEnumerable<string> RingOptions(ParseResult result) =>
        from option in (Option<string?>[])[_packed, _inOrder, _eventIndex, _queueSize]
        let value = result.GetValue(option)
        where value is not null
        select $"{option.Name.TrimStart('-')}={value}";

    private void CheckPlace(CommandResult result)
    {
        int places = ((Option[])[_socket, _descriptor, _connect]).Count(option => result.GetResult(option) is not null);
        if (places == 0)
            result.AddError("no place to meet the front-end was given; give --socket PATH, --fd NUMBER or --connect PATH");
        else if (places > 1)
            result.AddError("give one of --socket, --fd and --connect");
        if (places != 1 || result.GetResult(_socket) is not null)
            return;
        if (((Option[])[_socketMode, _socketGroup]).FirstOrDefault(option => result.GetResult(option) is not null) is { } given)
            result.AddError($"{given.Name} is about the socket that is made: give it with --socket");
    }

    private static UnixFileMode? ParseMode(string text)
    {
        int mode = 0;
        foreach (char digit in text)
            mode = digit is >= '0' and <= '7' && mode <= MostMode ? (mode * 8) + (digit - '0') : int.MaxValue;
        return text.Length > 0 && mode <= MostMode
            ? (UnixFileMode)mode
            : throw new UsageException($"--socket-mode {text}: give an octal mode, 0 to 0777");
    }

    private static int? ParseDescriptor(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= FirstInherited
            ? number
            : throw new UsageException($"--fd {text}: that is no inherited descriptor; give a number from {FirstInherited} on");

    private static TimeSpan? ParsePoll(string text)
    {
        if (text == "off")
            return TimeSpan.Zero;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int microseconds)
            && microseconds is >= 1 and <= LongestPoll
            ? TimeSpan.FromMicroseconds(microseconds)
            : throw new UsageException($"--poll {text}: give 1 to {LongestPoll} microseconds, or off");
    }

    private static int? ParseQueues(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
        && count is >= 1 and <= BlockDeviceOptions.MaximumQueues
            ? count
            : throw new UsageException($"--queues {text}: give 1 to {BlockDeviceOptions.MaximumQueues}");
}
