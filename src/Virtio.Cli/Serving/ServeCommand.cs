using System.CommandLine;

namespace Virtio.Cli.Serving;

/// <summary><c>virtio serve</c>.</summary>
internal sealed class ServeCommand : Command
{
    internal ServeCommand()
        : base("serve", "Serves a device to a virtual machine of another program (QEMU, Cloud Hypervisor, Firecracker, crosvm, User-Mode Linux) over vhost-user. SIGTERM ends it with status 0, and SIGUSR1 has it print what it has counted.")
    {
        Add(new ServeBlockCommand());
        Add(new ServeConsoleCommand());
        Add(new ServeEntropyCommand());
    }
}
