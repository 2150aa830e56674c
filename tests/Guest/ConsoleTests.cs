using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Virtio.Devices.Console;
using Virtio.Guest.Tests.Machines;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

public sealed class ConsoleTests
{
    private const int Volume = 16 << 20;

    private readonly Pipe _toGuest = new();
    private readonly Pipe _fromGuest = new();

    [Theory]
    [OnEachMachine(InEveryRun = true)]
    public async Task A_shell_on_hvc0_says_hello_and_powers_off(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);
        GuestImage image = GuestImage.Find(machine);
        await using MicroVm vm = await MicroVm.StartAsync(
            new MicroVmOptions { Machine = machine, Kernel = image.Kernel, Initrd = image.Initrd, Devices = [Console()] });

        await _toGuest.Writer.WriteAsync("echo hel''lo; tty; exit\n"u8.ToArray());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        MicroVmExit exit = await vm.WaitForExitAsync(limit.Token);
        await vm.DisposeAsync();
        await _fromGuest.Writer.CompleteAsync();
        string said = await new StreamReader(_fromGuest.Reader.AsStream()).ReadToEndAsync();

        Assert.Equal(MicroVmExitReason.PowerOff, exit.Reason);
        Assert.Contains("\nhello\r\n/dev/hvc0\r\n", said, StringComparison.Ordinal);
    }

    [Theory]
    [OnEachMachine]
    public async Task Sixteen_MiB_go_into_the_guest_unchanged(MicroVmMachine machine)
    {
        byte[] sent = RandomNumberGenerator.GetBytes(Volume);
        await using LinuxGuest guest = await Guests.StartAsync(machine, Console());
        await guest.RunAsync(
            "(stty raw -echo; echo ready >&2; head -c 16777216 | sha256sum >/tmp/sum) </dev/hvc0 2>/tmp/ready & "
            + "until [ -s /tmp/ready ]; do usleep 1000; done");

        await _toGuest.Writer.WriteAsync(sent);
        GuestResult result = await guest.RunAsync("until [ -s /tmp/sum ]; do usleep 100000; done; cat /tmp/sum");

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(sent)), result.Text.Split(' ')[0]);
    }

    [Theory]
    [OnEachMachine]
    public async Task Sixteen_MiB_come_out_of_the_guest_unchanged(MicroVmMachine machine)
    {
        await using LinuxGuest guest = await Guests.StartAsync(machine, Console());
        Task<string> received = HashAsync(_fromGuest.Reader.AsStream(), Volume);

        GuestResult result = await guest.RunAsync(
            "dd if=/dev/urandom of=/tmp/data bs=1M count=16 2>/dev/null; sha256sum </tmp/data; "
            + "(stty raw -echo; cat /tmp/data >&0) 0<>/dev/hvc0");

        Assert.Equal(result.Text.Split(' ')[0], await received.WaitAsync(TimeSpan.FromMinutes(2)));
    }

    [Theory]
    [OnEachMachine]
    public async Task The_guest_sees_the_terminals_size_and_its_change(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);
        var console = new ConsoleDevice(new ConsoleDeviceOptions { Columns = 132, Rows = 43 });
        await using LinuxGuest guest = await Guests.StartAsync(machine, console);

        // Somebody keeps the terminal open: a size is forgotten with the last user, and comes back only a moment after the next one.
        await guest.RunAsync("sleep 3600 </dev/hvc0 & until [ \"$(stty size </dev/hvc0 2>/dev/null)\" ]; do usleep 1000; done");
        string before = (await guest.RunAsync("stty size </dev/hvc0")).Text;

        console.Resize(90, 30);
        GuestResult after = await guest.RunAsync(
            "n=0; until [ \"$(stty size </dev/hvc0)\" != '43 132' ] || [ $n = 100 ]; do usleep 10000; n=$((n+1)); done; "
            + "stty size </dev/hvc0");

        Assert.Equal(["43 132", "30 90"], [before, after.Text]);
    }

    private static async Task<string> HashAsync(Stream stream, int length)
    {
        byte[] bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    private ConsoleDevice Console() =>
        new(new ConsoleDeviceOptions { Input = _toGuest.Reader.AsStream(), Output = _fromGuest.Writer.AsStream() });
}
