using System.CommandLine;

namespace Virtio.Cli.Serving;

/// <summary><c>virtio serve</c>.</summary>
internal sealed class ServeCommand : Command
{
    internal ServeCommand()
        : base("serve", "Serves a device to a virtual machine of another program (QEMU, Cloud Hypervisor, Firecracker, crosvm, User-Mode Linux) over vhost-user.")
    {
        Add(new ServeBlockCommand());
        Add(new ServeConsoleCommand());
        Add(new ServeEntropyCommand());
    }
}
