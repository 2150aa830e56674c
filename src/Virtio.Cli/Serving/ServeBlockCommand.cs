using System.CommandLine;
using Virtio.Cli.Arguments;

namespace Virtio.Cli.Serving;

/// <summary><c>virtio serve block</c>.</summary>
internal sealed class ServeBlockCommand : ServeDeviceCommand
{
    private readonly Argument<string?> _disk = new("disk")
    {
        Description = "The disk, as in 'virtio run --disk': a path, an http(s) URL or mem:SIZE, then ',ro', ',mapped', ',id=NAME', and ',shared' for a file that another server has open too, to hand it over when a guest migrates.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--blk-file") { Description = "The same, under the name that other back-ends have for it.", HelpName = "disk" };

    private readonly Option<bool> _readOnly = new("--read-only") { Description = "Refuses writes; the same as ',ro'." };

    internal ServeBlockCommand()
        : base("block", "Serves a disk. At SIGUSR2 a file's length is looked at again: the guest sees at once that it grew.", """{"type": "block", "features": ["read-only", "blk-file"]}""", hasQueues: true)
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

    internal override ServedDevice Read(ParseResult result)
    {
        ServeOptions options = ReadOptions(result);
        DiskSpec disk = DiskSpec.Parse(result.GetValue(_disk) ?? result.GetValue(_file)!, "disk", RingSpec.Served);
        disk = disk with { ReadOnly = disk.ReadOnly || result.GetValue(_readOnly), Ring = disk.Ring.With("serve block", options.Ring) };
        return new ServedDevice(options, disk.Ring, async (logger, token) => new OpenDevice(await DiskOpening.OpenAsync(disk, options.Queues, logger, token)));
    }
}
