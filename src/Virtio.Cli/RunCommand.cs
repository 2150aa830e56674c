using System.CommandLine;
using Virtio.Cli.Arguments;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary><c>virtio run</c>.</summary>
internal sealed class RunCommand : Command
{
    private const long MemoryStep = 2L << 20;

    private readonly Option<MicroVmMachine> _machine = new("--machine")
    {
        Description = "The machine: kvm is an x86-64 board on this host's processors, software a RISC-V board whose processor is C#; auto takes the one that fits the kernel, for the guest image the fastest that this host can be, and says why. Default: auto.",
        HelpName = "auto|kvm|software",
        CustomParser = OptionParser.Each(ParseMachine),
    };

    private readonly Option<string?> _kernel = new("--kernel")
    {
        Description = "The Linux kernel, as it is or compressed with gzip or zstd: for kvm an x86-64 bzImage, or a vmlinux with a PVH entry; for software a riscv64 Image. Without it, the guest image that './build guest' makes.",
        HelpName = "file|URL",
    };

    private readonly Option<string?> _initrd = new("--initrd")
    {
        Description = "The initial ramdisk: a cpio archive, as it is or compressed in a way the kernel knows. Without it, the guest image's, if the kernel is the image's too.",
        HelpName = "file|URL",
    };

    private readonly Option<string?> _commandLine = new("--cmdline")
    {
        Description = "Kernel parameters, added to the machine's own (console=..., quiet, panic=-1); of two that contradict each other the later one counts.",
        HelpName = "parameters",
    };

    private readonly Option<long?> _memory = new("--memory")
    {
        Description = "The guest's memory, 64M to 16G; the host only spends what the guest has touched. Default: 1G.",
        HelpName = "size",
        CustomParser = OptionParser.Each(ParseMemory),
    };

    private readonly Option<int?> _processors = new("--cpus")
    {
        Description = $"The number of processors, 1 to {MicroVmOptions.MaxProcessorCount} on kvm and to {MicroVmOptions.MaxSoftwareProcessorCount} on software. Default: 1.",
        HelpName = "count",
        CustomParser = OptionParser.Each(ParseProcessors),
    };

    private readonly Option<DiskSpec[]?> _disks = new("--disk")
    {
        Description = "A disk, as often as needed; the first is /dev/vda. A path, an http(s) URL (read-only, fetched as it is read), or mem:SIZE for one in memory; then ',ro' for read-only, ',id=NAME' for the name the guest sees, and ',mapped' for a file that is mapped into memory: faster, but an error of its device, or a change of its length, ends the machine; ',shared' for a file that others have open for writing too. What its ring offers: ',packed=', ',indirect=', ',event-idx=', ',in-order=', ',queue-reset=', ',notification-data=', ',access-platform=', ',order-platform=', each 'on' or 'off' (the first three and queue-reset are on), and ',queue-size=' (256).",
        HelpName = "path|URL|mem:SIZE[,ro][,mapped][,shared][,id=NAME][,packed=off]...",
        CustomParser = result => OptionParser.ParseAll(result, DiskSpec.Parse),
    };

    private readonly Option<VhostUserSpec[]?> _remotes = new("--vhost-user")
    {
        Description = "A device that another process serves over vhost-user, such as qemu-storage-daemon or 'virtio serve', as often as needed; disks come after those of --disk. It gets the guest's memory. ',queues=' is how many queues the guest gets; what is said of rings, as in --disk, takes from what the back-end offers.",
        HelpName = "block|console|entropy,socket=PATH[,queues=COUNT][,packed=off]...",
        CustomParser = result => OptionParser.ParseAll(result, VhostUserSpec.Parse),
    };

    private readonly Option<ConsoleSpec?> _console = new("--console")
    {
        Description = "The other end of the guest's console: this terminal (Ctrl-A x ends the machine), a Unix socket to connect to, or a file for its output. Default: stdio.",
        HelpName = "stdio|unix:PATH|file:PATH",
        CustomParser = OptionParser.Each<ConsoleSpec?>(ConsoleSpec.Parse),
    };

    private readonly Option<string?> _serial = new("--serial")
    {
        Description = "A file for the output of the serial port, where the kernel's own messages go. stdio: this terminal is the serial port, and there is no other console; for firmware such as U-Boot.",
        HelpName = "file|stdio",
    };

    internal RunCommand()
        : base("run", "Boots a Linux guest. Exit status: 0 when it powers off or reboots, 1 for a wrong command line or a fault of this host, 3 when its kernel panicked, 130 when interrupted.")
    {
        foreach (Option option in (Option[])[_machine, _kernel, _initrd, _commandLine, _memory, _processors, _disks, _remotes, _console, _serial])
            Add(option);
        SetAction((result, _) => new RunSession(Read(result)).RunAsync());
    }

    internal RunOptions Read(ParseResult result)
    {
        var defaults = new RunOptions();
        if (result.GetValue(_console) is not null && defaults with { Serial = result.GetValue(_serial) } is { HasSerialTerminal: true })
            throw new CommandException("--serial stdio: the serial port is then the machine's only console; leave --console out");
        return new RunOptions
        {
            Machine = result.GetValue(_machine),
            Kernel = result.GetValue(_kernel),
            Initrd = result.GetValue(_initrd),
            CommandLine = result.GetValue(_commandLine) ?? defaults.CommandLine,
            Memory = result.GetValue(_memory) ?? defaults.Memory,
            Processors = result.GetValue(_processors) ?? defaults.Processors,
            Disks = result.GetValue(_disks) ?? defaults.Disks,
            Remotes = result.GetValue(_remotes) ?? defaults.Remotes,
            Console = result.GetValue(_console) ?? defaults.Console,
            Serial = result.GetValue(_serial),
        };
    }

    private static MicroVmMachine ParseMachine(string text) => text switch
    {
        "auto" => MicroVmMachine.Auto,
        "kvm" => MicroVmMachine.Kvm,
        "software" => MicroVmMachine.Software,
        _ => throw new CommandException($"--machine {text}: there is no such machine; give auto, kvm or software"),
    };

    private static long? ParseMemory(string text) =>
        ByteSize.TryParse(text, out long bytes) && bytes is >= MicroVmOptions.MinMemorySize and <= MicroVmOptions.MaxMemorySize && bytes % MemoryStep == 0
            ? bytes
            : throw new CommandException($"--memory {text}: give 64M to 16G, in steps of 2M");

    private static int? ParseProcessors(string text) =>
        int.TryParse(text, out int count) && count is >= 1 and <= MicroVmOptions.MaxProcessorCount
            ? count
            : throw new CommandException($"--cpus {text}: give 1 to {MicroVmOptions.MaxProcessorCount}");
}
