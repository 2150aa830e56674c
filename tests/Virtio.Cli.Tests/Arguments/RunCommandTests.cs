using System.CommandLine;
using Virtio.Cli.Arguments;
using Virtio.Vmm;

namespace Virtio.Cli.Tests.Arguments;

public class RunCommandTests
{
    [Fact]
    public void Every_option_reaches_the_run()
    {
        RunOptions options = Read(
            "--machine", "software", "--kernel", "k", "--initrd", "http://h/i", "--initrd", "more",
            "--file", "a:/b", "--file", "c:/d:600", "--module", "btrfs", "--module", "nbd", "--cmdline", "a=b c", "-m", "256M", "-c", "4",
            "--timeout", "1.5m",
            "--disk", "one.img,ro", "--disk", "mem:1M", "--vhost-user", "block,socket=/run/d", "--console", "unix:/run/c,,d", "--serial",
            "s,,t");

        Assert.Equal(MicroVmMachine.Software, options.Machine);
        Assert.Equal("k", options.Kernel);
        Assert.Equal(["http://h/i", "more"], options.Initrd);
        Assert.Equal(["/b", "/d"], options.Files.Select(file => file.Guest));
        Assert.Equal(["btrfs", "nbd"], options.Modules);
        Assert.Equal("a=b c", options.CommandLine);
        Assert.Equal(256L << 20, options.Memory);
        Assert.Equal(4, options.Processors);
        Assert.Equal(["one.img", "mem:1M"], options.Disks.Select(disk => disk.Place));
        Assert.Equal(["/run/d"], options.Remotes.Select(remote => remote.Socket));
        Assert.Equal(new ConsoleSpec(ConsoleKind.Socket, "/run/c,d"), options.Console);
        Assert.Equal("s,t", options.Serial);
        Assert.Equal(TimeSpan.FromSeconds(90), options.Timeout);
    }

    [Fact]
    public void The_serial_port_and_the_console_cannot_both_have_the_terminal()
    {
        Assert.True(Read("--serial", "stdio").HasSerialTerminal);
        Assert.False(Read("--serial", "s").HasSerialTerminal);
        Assert.Contains(
            "leave --console out",
            Assert.Throws<CommandException>(() => Read("--serial", "stdio", "--console", "stdio")).Message);
    }

    [Fact]
    public void Nothing_is_needed()
    {
        RunOptions options = Read();

        Assert.Equal(MicroVmMachine.Auto, options.Machine);
        Assert.Null(options.Kernel);
        Assert.Empty(options.Initrd);
        Assert.Empty(options.Files);
        Assert.Empty(options.Modules);
        Assert.Equal("", options.CommandLine);
        Assert.Equal(1L << 30, options.Memory);
        Assert.Equal(1, options.Processors);
        Assert.Empty(options.Disks);
        Assert.Empty(options.Remotes);
        Assert.Equal(ConsoleKind.Standard, options.Console.Kind);
        Assert.Null(options.Serial);
        Assert.Null(options.Timeout);
        Assert.Equal("", options.FormatParameters);
    }

    [Fact]
    public void The_guest_is_told_by_name_which_disks_to_format()
    {
        string[] disks =
        [
            .. Enumerable.Range(0, 28)
                .SelectMany(index => (string[])["--disk", index is 0 or 2 or 25 or 26 or 27 ? "mem:4M,mkfs=ext4" : "mem:4M"]),
        ];
        Assert.Equal(
            "virtio.mkfs=vda:ext4 virtio.mkfs=vdc:ext4 virtio.mkfs=vdz:ext4 virtio.mkfs=vdaa:ext4 virtio.mkfs=vdab:ext4",
            Read(disks).FormatParameters);
    }

    [Theory]
    [InlineData("auto", MicroVmMachine.Auto)]
    [InlineData("kvm", MicroVmMachine.Kvm)]
    [InlineData("software", MicroVmMachine.Software)]
    public void The_machine_may_be_named(string name, MicroVmMachine expected) => Assert.Equal(expected, Read("--machine", name).Machine);

    [Fact]
    public void Kernel_parameters_may_look_like_options() =>
        Assert.Equal("-- --flag @x", Read("--cmdline=-- --flag @x").CommandLine);

    private static RunOptions Read(params string[] arguments)
    {
        Command root = VirtioCommand.Create();
        ParseResult result = root.Parse(["run", .. arguments], new ParserConfiguration { ResponseFileTokenReplacer = null });
        Assert.Empty(result.Errors);
        return root.Subcommands.OfType<RunCommand>().Single().Read(result);
    }
}
