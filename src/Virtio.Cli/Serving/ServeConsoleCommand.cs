using System.CommandLine;
using Virtio.Cli.Arguments;
using Virtio.Cli.Consoles;
using Virtio.Devices.Console;

namespace Virtio.Cli.Serving;

/// <summary><c>virtio serve console</c>.</summary>
internal sealed class ServeConsoleCommand : ServeDeviceCommand
{
    private readonly Argument<ConsoleSpec?> _console = new("console")
    {
        Description = "the other end, as in 'virtio run --console': this terminal ('virtio help keys'), a Unix socket that the command "
            + "listens at, or a file for the output (default: stdio)",
        HelpName = "stdio|unix:PATH|file:PATH",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = OptionParser.Each<ConsoleSpec?>(text => ConsoleSpec.Parse(text, "console")),
    };

    internal ServeConsoleCommand()
        : base("console", "serves a console; messages go to standard error", """{"type": "console"}""", hasQueues: false) => Add(_console);

    internal override ServedDevice Read(ParseResult result)
    {
        ServeOptions options = ReadOptions(result);
        RingSpec ring = RingSpec.Served.With("serve console", options.Ring);
        ConsoleSpec spec = result.GetValue(_console) ?? new ConsoleSpec(ConsoleKind.Standard, "", "console");
        return new ServedDevice(options, ring, (_, _) => ValueTask.FromResult(Open(spec, ring)))
        {
            HasStandardStreams = spec.Kind == ConsoleKind.Standard,
        };
    }

    private static OpenDevice Open(ConsoleSpec spec, RingSpec ring)
    {
        ConsoleEnd end = ConsoleEnd.Open(spec);
        var options = new ConsoleDeviceOptions { Input = end.Input, Output = end.Output, RingFeatures = ring.Features };
        return new OpenDevice(new ConsoleDevice(options), end);
    }
}
