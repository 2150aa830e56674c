using System.CommandLine;
using Virtio.Cli.Arguments;
using Virtio.Cli.Help;

namespace Virtio.Cli.Serving;

/// <summary><c>virtio serve block</c>.</summary>
internal sealed class ServeBlockCommand : ServeDeviceCommand, IHelpNotes
{
    private readonly Argument<string?> _disk = new("disk")
    {
        Description = "the disk, as in 'virtio run --disk' ('virtio help disks'); with ',shared' another server may have the file open "
            + "too, to hand it over when a guest migrates",
        HelpName = "PATH|URL|mem:SIZE[,OPTION]...",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--blk-file")
    {
        Description = "the same, under the name that other back-ends have for it",
        HelpName = "DISK",
    };

    private readonly Option<bool> _readOnly = new("--read-only") { Description = "refuses writes; the same as ',ro'" };

    internal ServeBlockCommand()
        : base("block", "serves a disk", """{"type": "block", "features": ["read-only", "blk-file"]}""", hasQueues: true)
    {
        Add(_disk);
        Add(_file);
        Add(_readOnly);
        Validators.Add(result =>
        {
            if (result.GetResult(_disk) is null == result.GetResult(_file) is null)
                result.AddError("give the disk to serve, once: a path, an http(s) URL or mem:SIZE");
        });
    }

    public string Notes => "At SIGUSR2 the length of a file is read again: the guest sees at once that it grew.";

    internal override ServedDevice Read(ParseResult result)
    {
        ServeOptions options = ReadOptions(result);
        DiskSpec disk = DiskSpec.Parse(result.GetValue(_disk) ?? result.GetValue(_file)!, "disk", RingSpec.Served);
        if (disk.Format is { } format)
            throw new UsageException($"{disk.Origin}: only the guest image of 'virtio run' makes file systems; leave out ',mkfs={format}'");
        disk = disk with { ReadOnly = disk.ReadOnly || result.GetValue(_readOnly), Ring = disk.Ring.With("serve block", options.Ring) };
        return new ServedDevice(
            options, disk.Ring, async (logger, token) => new OpenDevice(await DiskOpening.OpenAsync(disk, options.Queues, logger, token)));
    }
}
