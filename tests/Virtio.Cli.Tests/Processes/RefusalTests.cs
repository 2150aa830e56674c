using System.Net;
using System.Net.Sockets;
using System.Text;
using Virtio.Vmm;

namespace Virtio.Cli.Tests.Processes;

/// <summary>
/// A request that cannot be fulfilled is answered with one line that names the problem; status 2 for wrong usage, 1 for a fault.
/// </summary>
public sealed class RefusalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-refusal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a command is missing")]
    [InlineData("'frob'", "frob")]
    [InlineData("'--frob'", "run", "--frob")]
    [InlineData("'frob'", "run", "frob")]
    [InlineData("--memory 5X", "run", "--memory", "5X")]
    [InlineData("--memory 1M", "run", "--memory", "1M")]
    [InlineData("--memory 17G", "run", "--memory", "17G")]
    [InlineData("--memory 65M", "run", "--memory", "65M")]
    [InlineData("--memory needs a value: SIZE", "run", "--memory")]
    [InlineData("--cpus 33", "run", "--cpus", "33")]
    [InlineData("--cpus many", "run", "--cpus", "many")]
    [InlineData("--machine toaster", "run", "--machine", "toaster")]
    [InlineData("--console tty", "run", "--console", "tty")]
    [InlineData("nothing to serve was given; give block, console, entropy or --config FILE; see 'virtio serve --help'", "serve")]
    [InlineData("'frob'", "serve", "frob")]
    [InlineData("give it without 'block'", "serve", "--config", "/no/such/file", "block", "--socket", "/tmp/none", "mem:1M")]
    [InlineData("see 'virtio serve block --help'", "serve", "block", "mem:1M")]
    [InlineData("give one of --socket, --fd and --connect", "serve", "block", "--socket", "/tmp/none", "--connect", "/tmp/none", "mem:1M")]
    [InlineData("give the disk", "serve", "block", "--socket", "/tmp/none")]
    [InlineData("--queues 0", "serve", "block", "--socket", "/tmp/none", "--queues", "0", "mem:1M")]
    [InlineData("--poll 0: give 1 to 1000000 microseconds, or off", "serve", "block", "--socket", "/tmp/none", "--poll", "0", "mem:1M")]
    [InlineData("--poll 5ms", "serve", "entropy", "--socket", "/tmp/none", "--poll", "5ms")]
    [InlineData("'packed=maybe'", "serve", "block", "--socket", "/tmp/none", "--packed", "maybe", "mem:1M")]
    [InlineData("console tty: give stdio", "serve", "console", "--socket", "/tmp/none", "tty")]
    [InlineData("--fd 2", "serve", "entropy", "--fd", "2")]
    [InlineData("--disk mem:12Q", "run", "--disk", "mem:12Q")]
    [InlineData("unknown option '--frob'; see 'virtio run --help'", "run", "--frob", "3")]
    [InlineData("unknown option '-x'", "run", "-x")]
    [InlineData("unknown option '--disk'; see 'virtio serve block --help'", "serve", "block", "--socket", "/tmp/none", "--disk", "mem:1M")]
    [InlineData("unknown option '--queue'", "serve", "block", "mem:1M", "--socket", "/tmp/none", "--queue")]
    [InlineData("unknown option '--frob'", "serve", "console", "--socket", "/tmp/none", "--frob")]
    [InlineData("unknown option 'foo'", "run", "--disk", "a.img,foo")]
    [InlineData("unknown scheme 'ftp'", "run", "--disk", "ftp://user:secret@host/disk.img")]
    [InlineData("unknown scheme 'ftp'", "run", "--kernel", "ftp://host/Image")]
    [InlineData("unknown scheme 'nfs'", "run", "--initrd", "nfs://host/initrd")]
    [InlineData("unknown option 'b'; it takes none", "run", "--console", "unix:a,b")]
    [InlineData("unknown option 'b'", "run", "--serial", "a,b")]
    [InlineData("unknown option 'ro'", "run", "--vhost-user", "block,socket=a,ro")]
    [InlineData("give 1126M or 1128M", "run", "--memory", "1127M")]
    [InlineData("--memory -1G: '-1G' does not begin with a number", "run", "--memory=-1G")]
    [InlineData("--timeout 5x: 'x' is no unit", "run", "--timeout", "5x")]
    [InlineData("--timeout needs a value: DURATION", "run", "--timeout")]
    [InlineData("'xfs'", "run", "--disk", "mem:4M,mkfs=xfs")]
    [InlineData("only the guest image of 'virtio run' makes file systems", "serve", "block", "--socket", "/tmp/none", "mem:4M,mkfs=ext4")]
    [InlineData("--socket-mode 999: give an octal mode", "serve", "block", "--socket", "/tmp/none", "--socket-mode", "999", "mem:1M")]
    [InlineData("--socket-mode 1777: give an octal mode", "serve", "block", "--socket", "/tmp/none", "--socket-mode", "1777", "mem:1M")]
    [InlineData("give it with --socket", "serve", "block", "--connect", "/tmp/none", "--socket-group", "0", "mem:1M")]
    [InlineData("there is no command or topic 'frob'; see 'virtio help'", "help", "frob")]
    [InlineData("there are no completions for 'csh'; give bash, zsh, fish", "completion", "csh")]
    [InlineData("an argument is missing: bash|zsh|fish", "completion")]
    [InlineData("--file tool: give a file of this host and its path in the guest", "run", "--file", "tool")]
    public Task A_wrong_command_line_is_answered_with_one_line_and_status_2(string expected, params string[] arguments) =>
        RefusesAsync(ExitStatus.Usage, expected, arguments);

    [Theory]
    [InlineData("--config /no/such/file: there is no such file", "serve", "--config", "/no/such/file")]
    [InlineData("--config /etc: it is a directory", "serve", "--config", "/etc")]
    [InlineData("/no/such/disk", "serve", "block", "--socket", "/tmp/none", "/no/such/disk")]
    [InlineData("no such folder", "serve", "entropy", "--socket", "/no/such/folder/socket")]
    [InlineData("console: cannot write '/no/such", "serve", "console", "--socket", "/tmp/none", "file:/no/such/folder/file")]
    [InlineData("--file adds to an initial ramdisk, and there is none", "run", "--kernel", "/no/such/kernel", "--file", "a:/b")]
    [InlineData(
        "with --kernel, give an archive of its modules with --initrd",
        "run", "--kernel", "/no/such/kernel", "--initrd", "/no/such/initrd", "--module", "btrfs")]
    [InlineData("/no/such/kernel", "run", "--kernel", "/no/such/kernel")]
    [InlineData("'/etc': it is a directory", "run", "--kernel", "/etc")]
    [InlineData("Connection refused", "run", "--kernel", "http://localhost:1/Image")]
    [InlineData("there is no group 'no such group'", "serve", "entropy", "--socket", "/tmp/virtio-none", "--socket-group", "no such group")]
    [InlineData("cannot listen at /dev/null: it is a character device, not a socket", "serve", "entropy", "--socket", "/dev/null")]
    [InlineData("cannot listen at /etc: it is a directory, not a socket", "serve", "entropy", "--socket", "/etc")]
    [InlineData(
        "disk /dev/zero: '/dev/zero' is a character device; a disk needs a regular file or a block device",
        "serve", "block", "--socket", "/tmp/virtio-none", "/dev/zero")]
    public Task A_fault_is_told_with_one_line_and_status_1(string expected, params string[] arguments) =>
        RefusesAsync(ExitStatus.Failure, expected, arguments);

    [Fact]
    public async Task Disks_that_are_none_are_refused()
    {
        string kernel = MakeFile("Image", new byte[4096]);
        await RefusesAsync("is a directory", "run", "--kernel", kernel, "--disk", _folder);
        await RefusesAsync("/no/such/disk", "run", "--kernel", kernel, "--disk", "/no/such/disk");
        await RefusesAsync("is empty", "run", "--kernel", kernel, "--disk", MakeFile("empty.img", []));
    }

    [Fact]
    public async Task A_disk_that_another_process_has_locked_is_refused()
    {
        string disk = MakeFile("busy.img", new byte[1 << 20]);
        await using var holder = new FileStream(disk, FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        await RefusesAsync("is in use by another program", "run", "--kernel", MakeFile("Image", new byte[4096]), "--disk", disk);
    }

    [Fact]
    public async Task Kernels_that_cannot_boot_here_are_refused()
    {
        byte[] x86 = new byte[64 * 1024];
        x86[0x1fe] = 0x55;
        x86[0x1ff] = 0xaa;
        "HdrS"u8.CopyTo(x86.AsSpan(0x202));

        await RefusesAsync("bzImage", "run", "--kernel", MakeFile("bzImage", x86));
        await RefusesAsync("nonsense", "run", "--kernel", MakeFile("nonsense", Encoding.ASCII.GetBytes(new string('n', 8192))));
        await RefusesAsync("empty", "run", "--kernel", MakeFile("empty", []));
    }

    [Fact]
    public async Task A_KVM_that_is_of_no_use_is_not_taken_but_its_fault_is_named()
    {
        MicroVmMachineChoice choice = MicroVmMachineChoice.For();
        Assert.SkipWhen(choice.Machine == MicroVmMachine.Kvm, "this host's KVM is of use");

        await RefusesAsync(
            "the KVM machine does not run here: ", "run", "--machine", "kvm", "--kernel", "http://localhost:1/not-even-asked-for");
    }

    [Fact]
    public async Task A_kernel_that_needs_more_than_the_software_machine_is_told_what_that_has() =>
        await RefusesAsync(
            ExitStatus.Usage,
            "at most 8 processors, the KVM machine 32",
            ["run", "--machine", "software", "--cpus", "9", "--kernel", MakeFile("Image", new byte[4096])]);

    [Fact]
    public async Task Files_that_cannot_be_written_are_refused()
    {
        string kernel = MakeFile("Image", new byte[4096]);
        await RefusesAsync("it is a directory", "run", "--kernel", kernel, "--serial", _folder);
        await RefusesAsync("no such folder", "run", "--kernel", kernel, "--console", "file:/no/such/folder/file");
        await RefusesAsync("cannot listen", "run", "--kernel", kernel, "--console", "unix:/no/such/folder/socket");
    }

    [Fact]
    public async Task A_missing_guest_image_says_how_to_make_one()
    {
        string copy = Path.Combine(_folder, "away");
        Directory.CreateDirectory(copy);
        var start = new System.Diagnostics.ProcessStartInfo(CommandProcess.ExecutablePath, ["run"])
        {
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = copy,
        };
        start.Environment["VIRTIO_GUEST_DIR"] = copy;

        using var process = System.Diagnostics.Process.Start(start)!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(ExitStatus.Failure, process.ExitCode);
        Assert.Contains("./build guest", error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_url_that_is_not_there_is_refused_for_kernels_and_disks()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        Task answering = AnswerNotFoundAsync(server);
        string url = $"http://user:secret@127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}/missing?key=secret";

        await RefusesAsync("404", "run", "--kernel", url);
        await RefusesAsync("404", "run", "--kernel", MakeFile("Image", new byte[4096]), "--disk", url);

        server.Stop();
        await answering;
    }

    private static Task RefusesAsync(string expected, params string[] arguments) => RefusesAsync(ExitStatus.Failure, expected, arguments);

    private static async Task RefusesAsync(int expectedStatus, string expected, string[] arguments)
    {
        (int status, string output, string error) = await CommandProcess.RunAsync(arguments);

        Assert.Contains(expected, error);
        string line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("virtio: ", line);
        Assert.DoesNotContain("   at ", error);
        Assert.DoesNotContain("secret", error);
        Assert.Equal("", output);
        Assert.Equal(expectedStatus, status);
        Assert.False(line.EndsWith('.'), line);
    }

    private static async Task AnswerNotFoundAsync(TcpListener server)
    {
        try
        {
            while (true)
            {
                using TcpClient client = await server.AcceptTcpClientAsync();
                using var request = new StreamReader(client.GetStream(), leaveOpen: true);
                while (await request.ReadLineAsync() is { Length: > 0 })
                {
                    // Reads up to the empty line that ends the request.
                }

                await client.GetStream().WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
            }
        }
        catch (SocketException)
        {
            // The test has stopped the server.
        }
    }

    private string MakeFile(string name, byte[] content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
