using System.CommandLine;
using System.CommandLine.Parsing;
using Virtio.Cli.Help;

namespace Virtio.Cli.Serving;

/// <summary><c>virtio serve</c>.</summary>
internal sealed class ServeCommand : Command, IHelpNotes
{
    private readonly ServeDeviceCommand[] _kinds = [new ServeBlockCommand(), new ServeConsoleCommand(), new ServeEntropyCommand()];

    private readonly Option<string?> _config = new("--config")
    {
        Description = "serves all devices that a file names, in one process",
        HelpName = "FILE",
    };

    internal ServeCommand()
        : base("serve", "serves a device to another program's machine (QEMU, User-Mode Linux and others) over vhost-user")
    {
        Add(_config);
        foreach (ServeDeviceCommand kind in _kinds)
        {
            Add(kind);
            kind.Validators.Add(CheckAlone);
        }

        Validators.Add(CheckGiven);
        SetAction((result, _) => new ServeSession(new ServeConfigFile(result.GetValue(_config)!, _kinds).Read()).RunAsync());
    }

    public string Notes =>
        "The file of --config is a JSON array of objects with the type and the options of each device: "
        + """[{"type": "block", "socket": "/run/disk.sock", "disk": "disk.img,ro", "queues": 2}, ...]"""
        + "\nSIGTERM ends it with status 0; SIGUSR1 has it print its counters.";

    private void CheckAlone(CommandResult result)
    {
        if (result.GetResult(_config) is not null)
            result.AddError($"--config names all devices; give it without '{result.Command.Name}', or '{result.Command.Name}' without it");
    }

    private void CheckGiven(CommandResult result)
    {
        if (result.GetResult(_config) is null && !result.Children.OfType<CommandResult>().Any())
            result.AddError($"nothing to serve was given; give {string.Join(", ", _kinds.Select(kind => kind.Name))} or --config FILE");
    }
}
