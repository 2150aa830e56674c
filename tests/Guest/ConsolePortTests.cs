using System.IO.Pipelines;
using System.Security.Cryptography;
using Virtio.Devices.Console;
using Virtio.Guest.Tests.Machines;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

public sealed class ConsolePortTests
{
    private const int Volume = 16 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Theory]
    [OnEachMachine(InEveryRun = true)]
    public async Task Three_ports_carry_16_MiB_in_both_directions_at_once(MicroVmMachine machine)
    {
        Duplex[] ends = [new("one"), new("two"), new("three")];
        var console = new ConsoleDevice(new ConsoleDeviceOptions { Ports = [.. ends.Select(end => end.Options)] });
        await using LinuxGuest guest = await Guests.StartAsync(machine, console);
        byte[][] sent = [.. ends.Select(_ => RandomNumberGenerator.GetBytes(Volume))];
        Task<string>[] received = [.. ends.Select(end => end.ReceiveAsync(Volume))];
        Task[] sending = [.. ends.Select((end, index) => end.SendAsync(sent[index]))];

        // Each port is opened once and for both directions, and both are busy at the same time.
        GuestResult result = await guest.RunAsync(
            "for p in one two three; do dd if=/dev/urandom of=/tmp/$p bs=1M count=16 2>/dev/null; done; cd /dev/virtio-ports; " +
            "for p in one two three; do { head -c 16777216 <&3 | sha256sum >/tmp/$p.in & cat /tmp/$p >&3; wait; } 3<>$p & done; wait; " +
            "for p in one two three; do sha256sum </tmp/$p; cat /tmp/$p.in; done",
            Limit);
        await Task.WhenAll(sending).WaitAsync(Limit);

        string[] expected = new string[2 * ends.Length];
        for (int i = 0; i < ends.Length; i++)
        {
            expected[2 * i] = await received[i].WaitAsync(Limit);
            expected[(2 * i) + 1] = Convert.ToHexStringLower(SHA256.HashData(sent[i]));
        }

        Assert.Equal(expected, result.Text.Split('\n').Select(line => line.Split(' ')[0]));
    }

    [Theory]
    [OnEachMachine(InEveryRun = true)]
    public async Task A_port_that_is_added_while_the_guest_runs_appears_and_one_that_is_removed_disappears(MicroVmMachine machine)
    {
        var console = new ConsoleDevice(new ConsoleDeviceOptions { MaxPortCount = 3 });
        await using LinuxGuest guest = await Guests.StartAsync(machine, console);
        for (int round = 0; round < 3; round++)
        {
            var end = new Duplex("agent");
            Task<string> received = end.ReceiveAsync(6);
            ConsolePort port = console.AddPort(end.Options);
            await end.SendAsync("hello\n"u8.ToArray());
            GuestResult result = await guest.RunAsync(
                "cd /dev/virtio-ports; until [ -c agent ]; do usleep 1000; done; exec 3<>agent; head -n 1 <&3; echo world >&3");
            Assert.Equal("hello", result.Text);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("world\n"u8)), await received.WaitAsync(Limit));

            await console.RemovePortAsync(port);
            await guest.RunAsync("while [ -h /dev/virtio-ports/agent ]; do usleep 1000; done");
        }
    }

    [Theory]
    [OnEachMachine(InEveryRun = true)]
    public async Task Input_that_waits_from_the_start_reaches_each_port_whole(MicroVmMachine machine)
    {
        Duplex console = new(null), port = new("data");
        ConsolePortOptions first = console.Options;
        var device = new ConsoleDevice(new ConsoleDeviceOptions { Input = first.Input, Output = first.Output, Ports = [port.Options] });
        await console.SendAsync("for the console\n"u8.ToArray());
        await port.SendAsync("for the port\n"u8.ToArray());
        await using LinuxGuest guest = await Guests.StartAsync(machine, device);

        GuestResult result = await guest.RunAsync("head -n 1 </dev/hvc0; head -n 1 </dev/virtio-ports/data");

        Assert.Equal("for the console\nfor the port", result.Text);
        Assert.True(device.Ports[0].IsOpen);
    }

    /// <summary>The host's end of a port.</summary>
    private sealed class Duplex(string? name)
    {
        private readonly Pipe _toGuest = new();
        private readonly Pipe _fromGuest = new();

        internal ConsolePortOptions Options =>
            new() { Name = name, Input = _toGuest.Reader.AsStream(), Output = _fromGuest.Writer.AsStream() };

        internal async Task SendAsync(byte[] bytes) => await _toGuest.Writer.WriteAsync(bytes);

        /// <summary>Receives so many bytes and returns their SHA-256.</summary>
        internal async Task<string> ReceiveAsync(int length)
        {
            byte[] bytes = new byte[length];
            await _fromGuest.Reader.AsStream().ReadExactlyAsync(bytes);
            return Convert.ToHexStringLower(SHA256.HashData(bytes));
        }
    }
}
