using System.CommandLine;
using System.Globalization;
using Virtio.Cli.Arguments;
using Virtio.Cli.Help;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary><c>virtio run</c>.</summary>
internal sealed class RunCommand : Command, IHelpNotes
{
    private const long MemoryStep = 2L << 20;

    private readonly Option<MicroVmMachine> _machine = new("--machine")
    {
        Description = "kvm: x86-64, on this host's processors; software: RISC-V, whose processor is C#; auto: the one that fits the "
            + "kernel, and for the guest image the fastest that this host has (default: auto)",
        HelpName = "auto|kvm|software",
        CustomParser = OptionParser.Each(ParseMachine),
    };

    private readonly Option<string?> _kernel = new("--kernel")
    {
        Description = "the Linux kernel, as it is or compressed with gzip or zstd: for kvm a bzImage, or a vmlinux with a PVH entry; "
            + "for software a riscv64 Image (default: that of the guest image)",
        HelpName = "FILE|URL",
        CustomParser = OptionParser.Each<string?>(text => Address.Check("--kernel", text)),
    };

    private readonly Option<string[]?> _initrd = new("--initrd")
    {
        Description = "an initial ramdisk, as often as needed: a cpio archive that may be compressed; files of later ones replace those of "
            + "earlier ones (default: that of the guest image, if the kernel is too)",
        HelpName = "FILE|URL",
        CustomParser = result => OptionParser.ParseAll(result, text => Address.Check("--initrd", text)),
    };

    private readonly Option<FileSpec[]?> _files = new("--file")
    {
        Description = "a file of this host to put into the initial ramdisk, as often as needed; without MODE, in octal digits, it keeps "
            + "the mode that it has here",
        HelpName = "HOST:GUEST[:MODE]",
        CustomParser = result => OptionParser.ParseAll(result, FileSpec.Parse),
    };

    private readonly Option<string[]?> _modules = new("--module")
    {
        Description = "a module of the guest image's kernel to put into the initial ramdisk with what it needs, and to load at the start, "
            + "as often as needed, such as btrfs",
        HelpName = "NAME",
    };

    private readonly Option<string?> _commandLine = new("--cmdline")
    {
        Description = "kernel parameters, after the machine's own (console=..., quiet, panic=-1); of two that contradict each other the "
            + "later one counts",
        HelpName = "PARAMETERS",
    };

    private readonly Option<long?> _memory = new("--memory", "-m")
    {
        Description = "the guest's memory, 64M to 16G; the host spends only what the guest has touched (default: 1G)",
        HelpName = "SIZE",
        CustomParser = OptionParser.Each(ParseMemory),
    };

    private readonly Option<int?> _processors = new("--cpus", "-c")
    {
        Description = $"the number of processors, 1 to {MicroVmOptions.MaxProcessorCount} on kvm, "
            + $"1 to {MicroVmOptions.MaxSoftwareProcessorCount} on software (default: 1)",
        HelpName = "COUNT",
        CustomParser = OptionParser.Each(ParseProcessors),
    };

    private readonly Option<DiskSpec[]?> _disks = new("--disk")
    {
        Description = "a disk, as often as needed; the first is /dev/vda. OPTION: ro, mapped, shared, unvalidated, id=NAME, mkfs=ext4; "
            + "see 'virtio help disks' and 'virtio help rings'",
        HelpName = "PATH|URL|mem:SIZE[,OPTION]...",
        CustomParser = result => OptionParser.ParseAll(result, DiskSpec.Parse),
    };

    private readonly Option<VhostUserSpec[]?> _remotes = new("--vhost-user")
    {
        Description = "a device that another process serves over vhost-user, such as qemu-storage-daemon or 'virtio serve', as often as "
            + "needed. TYPE: block, console or entropy. OPTION: queues=COUNT; see 'virtio help rings'. Disks come after those of --disk; "
            + "the process gets the guest's memory",
        HelpName = "TYPE,socket=PATH[,OPTION]...",
        CustomParser = result => OptionParser.ParseAll(result, VhostUserSpec.Parse),
    };

    private readonly Option<ConsoleSpec?> _console = new("--console")
    {
        Description = "the other end of the guest's console: this terminal ('virtio help keys'), a Unix socket that the command "
            + "listens at, or a file for the output (default: stdio)",
        HelpName = "stdio|unix:PATH|file:PATH",
        CustomParser = OptionParser.Each<ConsoleSpec?>(ConsoleSpec.Parse),
    };

    private readonly Option<string?> _serial = new("--serial")
    {
        Description = "a file for the output of the serial port, where the kernel's own messages go; stdio makes this terminal the serial "
            + "port, with no other console, for firmware such as U-Boot",
        HelpName = "FILE|stdio",
        CustomParser = OptionParser.Each<string?>(text => ConsoleSpec.ParseFile(text, "--serial")),
    };

    private readonly Option<TimeSpan?> _timeout = new("--timeout")
    {
        Description = "ends the machine after this time, as in 90, 1.5m or 2h, with exit status 124",
        HelpName = "DURATION",
        CustomParser = OptionParser.Each<TimeSpan?>(text => Duration.Parse("--timeout", text)),
    };

    internal RunCommand()
        : base("run", "boots a Linux guest")
    {
        Option[] options =
        [
            _machine, _kernel, _initrd, _files, _modules, _commandLine, _memory, _processors, _disks, _remotes, _console, _serial, _timeout,
        ];
        foreach (Option option in options)
            Add(option);
        SetAction((result, _) => new RunSession(Read(result)).RunAsync());
    }

    public string Notes => "Exit status: 0 when the guest powers off or reboots, 3 when its kernel panicked, 124 after --timeout; "
        + "see 'virtio help status'. Sizes: 'virtio help sizes'.";

    internal RunOptions Read(ParseResult result)
    {
        var defaults = new RunOptions();
        if (result.GetValue(_console) is not null && defaults with { Serial = result.GetValue(_serial) } is { HasSerialTerminal: true })
            throw new CommandException("--serial stdio: the serial port is then the machine's only console; leave --console out");
        return new RunOptions
        {
            Machine = result.GetValue(_machine),
            Kernel = result.GetValue(_kernel),
            Initrd = result.GetValue(_initrd) ?? defaults.Initrd,
            Files = result.GetValue(_files) ?? defaults.Files,
            Modules = result.GetValue(_modules) ?? defaults.Modules,
            CommandLine = result.GetValue(_commandLine) ?? defaults.CommandLine,
            Memory = result.GetValue(_memory) ?? defaults.Memory,
            Processors = result.GetValue(_processors) ?? defaults.Processors,
            Disks = result.GetValue(_disks) ?? defaults.Disks,
            Remotes = result.GetValue(_remotes) ?? defaults.Remotes,
            Console = result.GetValue(_console) ?? defaults.Console,
            Serial = result.GetValue(_serial),
            Timeout = result.GetValue(_timeout),
        };
    }

    private static MicroVmMachine ParseMachine(string text) => text switch
    {
        "auto" => MicroVmMachine.Auto,
        "kvm" => MicroVmMachine.Kvm,
        "software" => MicroVmMachine.Software,
        _ => throw new UsageException($"--machine {text}: there is no such machine; give auto, kvm or software"),
    };

    private static long? ParseMemory(string text)
    {
        if (!ByteSize.TryParse(text, out long bytes, out string fault))
            throw new UsageException($"--memory {text}: {fault}");
        if (bytes is < MicroVmOptions.MinMemorySize or > MicroVmOptions.MaxMemorySize)
            throw new UsageException($"--memory {text}: give 64M to 16G");
        long below = bytes / MemoryStep * 2;
        return bytes % MemoryStep == 0
            ? bytes
            : throw new UsageException($"--memory {text}: memory comes in steps of 2M; give {below}M or {below + 2}M");
    }

    private static int? ParseProcessors(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
        && count is >= 1 and <= MicroVmOptions.MaxProcessorCount
            ? count
            : throw new UsageException($"--cpus {text}: give 1 to {MicroVmOptions.MaxProcessorCount}");
}
