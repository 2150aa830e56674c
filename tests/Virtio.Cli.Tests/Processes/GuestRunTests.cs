using System.Diagnostics;
using System.Net.Sockets;
using Virtio.Vmm;

namespace Virtio.Cli.Tests.Processes;

/// <summary>Runs with the guest image: input from a script, and every way to end.</summary>
public sealed class GuestRunTests : IDisposable
{
    private const string Prompt = "guest:~#";

    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-guest-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_script_drives_a_guest_and_the_guest_goes_on_after_its_end()
    {
        CommandProcess.RequireGuestImage();
        string disk = Path.Combine(_folder, "disk.img");
        File.WriteAllBytes(disk, new byte[16 << 20]);
        using CommandProcess process = CommandProcess.Start(
            "run", "--memory", "256M", "--cpus", "2", "--disk", disk + ",id=mine", "--disk", "mem:1M,ro");

        // The test writes all input, and closes it, before the guest has booted. The guest must still read all of it.
        await process.Input.WriteAsync(
            "cat /sys/block/vda/serial; cat /sys/block/vdb/ro; nproc\necho written-by-the-guest | dd of=/dev/vda conv=fsync; sleep 3; "
            + "echo sum=$((40+2)); poweroff -f\n");
        process.Input.Close();
        (int status, string output, string error) = await process.EndAsync();

        Assert.Contains("mine", output);
        Assert.Contains("sum=42", output);
        Assert.Matches("^virtio: [^;]+, so (the RISC-V software processor|KVM \\(x86-64\\)) is used; 2 CPUs, 256 MiB\n$", error);
        Assert.Equal(ExitStatus.Success, status);
        Assert.Equal("written-by-the-guest\n"u8, File.ReadAllBytes(disk).AsSpan(0, 21));
    }

    [Fact]
    public async Task A_reboot_ends_the_run_with_0_and_a_panic_with_3()
    {
        CommandProcess.RequireGuestImage();
        using CommandProcess reboot = await StartAsync();
        await reboot.Input.WriteAsync("reboot -f\n");
        await reboot.Input.FlushAsync();
        Assert.Equal(ExitStatus.Success, (await reboot.EndAsync()).Status);

        using CommandProcess panic = await StartAsync();
        await panic.Input.WriteAsync("echo c > /proc/sysrq-trigger\n");
        await panic.Input.FlushAsync();
        (int status, _, string error) = await panic.EndAsync();
        Assert.Equal(ExitStatus.GuestPanicked, status);
        Assert.StartsWith("virtio: the guest's kernel panicked", error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
    }

    [Theory]
    [InlineData(CommandProcess.Interrupt, ExitStatus.Interrupted)]
    [InlineData(CommandProcess.Terminate, ExitStatus.Terminated)]
    public async Task A_signal_ends_the_run_and_its_status_tells_which(int signal, int expected)
    {
        CommandProcess.RequireGuestImage();

        // If the user names the machine, the command prints nothing about it.
        using CommandProcess process = await StartAsync("--machine", "software");
        process.Signal(signal);
        (int status, _, string error) = await process.EndAsync();
        Assert.Equal("", error);
        Assert.Equal(expected, status);
    }

    [Fact]
    public async Task The_serial_port_may_be_the_terminal()
    {
        CommandProcess.RequireGuestImage();
        using CommandProcess process = await StartAsync("--serial", "stdio");
        await process.Input.WriteAsync("ls /dev/hvc0; echo sum=$((40+2)); poweroff -f\n");
        await process.Input.FlushAsync();
        (int status, string output, _) = await process.EndAsync();
        Assert.Contains("sum=42", output);
        Assert.Contains("No such file", output);
        Assert.Equal(ExitStatus.Success, status);
    }

    [Fact]
    public async Task U_Boot_has_the_terminal_and_finds_the_disk()
    {
        const string Program = "/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin";
        Assert.SkipUnless(File.Exists(Program), $"there is no {Program}: install Debian's package u-boot-qemu");
        using CommandProcess process = CommandProcess.Start(
            "run", "--memory", "256M", "--kernel", Program, "--disk", "mem:3M", "--serial", "stdio");
        await process.WaitForOutputAsync("=> ");
        await process.Input.WriteAsync("virtio info; poweroff\n");
        await process.Input.FlushAsync();
        (int status, string output, _) = await process.EndAsync();
        Assert.Contains("Capacity: 3.0 MB", output);
        Assert.Equal(ExitStatus.Success, status);
    }

    [Fact]
    public async Task Less_memory_than_the_image_boots_with_is_refused_with_what_it_needs()
    {
        CommandProcess.RequireGuestImage();

        (int status, _, string error) = await CommandProcess.RunAsync("run", "--memory", "64M");

        Assert.Equal(ExitStatus.Failure, status);
        Assert.Matches(
            "(^|\n)virtio: 64 MiB of memory are too little for '.*' and its initial ramdisks: they need [0-9]+ MiB to boot; "
            + "give the guest at least that much\n$",
            error);
    }

    [Fact]
    public async Task The_console_may_be_a_socket_and_the_serial_port_a_file()
    {
        CommandProcess.RequireGuestImage();
        string path = Path.Combine(_folder, "console");
        string serial = Path.Combine(_folder, "serial");
        using CommandProcess process = CommandProcess.Start(
            "run", "--memory", "256M", "--console", "unix:" + path, "--serial", serial, "--cmdline", "loglevel=7");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        for (int i = 0; !File.Exists(path) && i < 1000; i++)
            await Task.Delay(20);
        await ConnectAsync(socket, path);
        await using var stream = new NetworkStream(socket);
        await ReadUntilAsync(stream, Prompt);
        await stream.WriteAsync("poweroff -f\n"u8.ToArray());

        (int status, string output, _) = await process.EndAsync();
        Assert.Equal(ExitStatus.Success, status);
        Assert.Equal("", output);
        Assert.Contains("Linux version", File.ReadAllText(serial));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Standard_streams_that_are_closed_are_not_mistaken_for_files_of_our_own()
    {
        CommandProcess.RequireGuestImage();
        string serial = Path.Combine(_folder, "serial");
        var start = new ProcessStartInfo(
            "/bin/sh",
            [
                "-c",
                "exec \"$0\" run --memory 256M --serial \"$1\" --cmdline 'loglevel=7 panic=-1 init=/none rdinit=/none' 0<&- 1>&- 2>&-",
                CommandProcess.ExecutablePath,
                serial,
            ]);
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));

        Assert.Equal(ExitStatus.GuestPanicked, process.ExitCode);
        Assert.Contains("Linux version", File.ReadAllText(serial));
    }

    [Fact]
    public async Task Files_and_modules_of_the_command_line_are_in_the_guest_and_a_further_ramdisk_too()
    {
        CommandProcess.RequireGuestImage();
        string script = Path.Combine(_folder, "script");
        File.WriteAllText(script, "#!/bin/sh\necho said=$((40+2))\n");
        string ramdisk = Path.Combine(_folder, "more.cpio");
        using (FileStream archive = File.Create(ramdisk))
        {
            var writer = new CpioWriter(archive);
            writer.AddFile("further", "ramdisk=$((1+2))\n"u8);
            writer.Complete();
        }

        GuestImage image = GuestImage.Find();
        string[] ramdisks = [.. image.Initrd.Append(ramdisk).SelectMany(source => new[] { "--initrd", source.Name })];
        using CommandProcess process = CommandProcess.Start(
            [
                "run",
                "--memory",
                "256M",
                .. ramdisks,
                "--file",
                script + ":/bin/script:755",
                "--file",
                script + ":/opt/own/script",
                "--module",
                "btrfs",
            ]);
        await process.Input.WriteAsync(
            "script; . /opt/own/script; grep -q btrfs /proc/filesystems && echo btr''fs; eval echo $(cat /further); poweroff -f\n");
        process.Input.Close();
        (int status, string output, string error) = await process.EndAsync();

        Assert.True(status == ExitStatus.Success, error);
        Assert.Equal(2, output.Split("said=42").Length - 1);
        Assert.Contains("btrfs\r\n", output, StringComparison.Ordinal);
        Assert.Contains("ramdisk=3", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_module_that_there_is_not_is_refused_by_its_name()
    {
        CommandProcess.RequireGuestImage();
        (int status, _, string error) = await CommandProcess.RunAsync("run", "--module", "nonsense");

        Assert.Equal(ExitStatus.Failure, status);
        Assert.Contains("there is no module 'nonsense'", error, StringComparison.Ordinal);
    }

    private static async Task<CommandProcess> StartAsync(params string[] arguments)
    {
        CommandProcess process = CommandProcess.Start(["run", "--memory", "256M", .. arguments]);
        await process.WaitForOutputAsync(Prompt);
        return process;
    }

    [Fact]
    public async Task Only_a_disk_that_is_blank_and_marked_is_formatted()
    {
        CommandProcess.RequireGuestImage();
        string used = Path.Combine(_folder, "used.img");
        File.WriteAllBytes(used, [.. new byte[8192], 1, .. new byte[(16 << 20) - 8193]]);
        using CommandProcess process = CommandProcess.Start(
            "run", "--memory", "256M", "--disk", "mem:16M", "--disk", "mem:16M,mkfs=ext4", "--disk", used + ",mkfs=ext4");
        await process.WaitForOutputAsync(Prompt);
        await process.Input.WriteAsync(
            "mkdir /a; mount -t ext4 /dev/vdb /a && echo second=$((1+1)); mount -t ext4 /dev/vda /a || echo first=$((0+1)); poweroff -f\n");
        process.Input.Close();
        (int status, string output, string error) = await process.EndAsync();

        Assert.Contains("/dev/vda: blank; ',mkfs=ext4' at its --disk", output);
        Assert.Contains("/dev/vdb: was blank; made ext4 on it", output);
        Assert.Contains("/dev/vdc: not blank, so not formatted", output);
        Assert.Contains("second=2", output);
        Assert.Contains("first=1", output);
        Assert.DoesNotContain("warning", error);
        Assert.Equal(ExitStatus.Success, status);
        Assert.Equal(1, File.ReadAllBytes(used)[8192]);
    }

    [Fact]
    public async Task A_disk_that_has_a_file_system_is_mounted_and_never_formatted_again()
    {
        CommandProcess.RequireGuestImage();
        string disk = Path.Combine(_folder, "disk.img");
        File.WriteAllBytes(disk, new byte[16 << 20]);
        Assert.Contains("made ext4 on it", await RunAsync("echo kept >/mnt/file; poweroff\n"));
        string second = await RunAsync("cat /mnt/file; poweroff\n");
        Assert.Contains("/dev/vda: not blank, so not formatted", second);
        Assert.Contains("/dev/vda: mounted on /mnt", second);
        Assert.Contains("kept", second);

        async Task<string> RunAsync(string script)
        {
            using CommandProcess process = CommandProcess.Start("run", "--memory", "256M", "--disk", disk + ",mkfs=ext4");
            await process.WaitForOutputAsync(Prompt);
            await process.Input.WriteAsync(script);
            await process.Input.FlushAsync();
            (int status, string output, _) = await process.EndAsync();
            Assert.Equal(ExitStatus.Success, status);
            return output;
        }
    }

    [Fact]
    public async Task A_run_that_takes_longer_than_its_time_is_ended_with_124()
    {
        CommandProcess.RequireGuestImage();
        using CommandProcess process = CommandProcess.Start("run", "--memory", "256M", "--machine", "software", "--timeout", "1.5s");
        (int status, _, string error) = await process.EndAsync();
        Assert.Equal(ExitStatus.TimedOut, status);
        Assert.Equal("virtio: the machine did not end by itself within 1.5 s (--timeout) and was ended\n", error);
    }

    // The socket's file exists a moment before the command listens.
    private static async Task ConnectAsync(Socket socket, string path)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
                return;
            }
            catch (SocketException) when (attempt < 100)
            {
                await Task.Delay(20);
            }
        }
    }

    private static async Task ReadUntilAsync(NetworkStream stream, string text)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        string seen = "";
        byte[] buffer = new byte[4096];
        while (!seen.Contains(text, StringComparison.Ordinal))
        {
            int count = await stream.ReadAsync(buffer, limit.Token);
            Assert.True(count > 0, seen);
            seen += System.Text.Encoding.ASCII.GetString(buffer, 0, count);
        }
    }
}
