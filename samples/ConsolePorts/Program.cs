using System.IO.Pipelines;
using Virtio.Devices.Console;
using Virtio.Testing.Guest;

var toGuest = new Pipe();
var fromGuest = new Pipe();
await using var console = new ConsoleDevice(new ConsoleDeviceOptions
{
    Ports = [new ConsolePortOptions { Name = "log", Output = Console.OpenStandardOutput() }],
    MaxPortCount = 8,
});
await using LinuxGuest guest = await LinuxGuest.StartAsync(new LinuxGuestOptions { Devices = [console] });

// While the guest runs: a question and its answer, over a port that exists only for them.
ConsolePort port = console.AddPort(new ConsolePortOptions
{
    Name = "sums",
    Input = toGuest.Reader.AsStream(),
    Output = fromGuest.Writer.AsStream(),
});
await toGuest.Writer.WriteAsync("17 + 4\n"u8.ToArray());
await guest.RunAsync(
    """
    cd /dev/virtio-ports
    echo "the guest is asked" >log
    until [ -c sums ]; do usleep 1000; done
    exec 3<>sums
    read -r question <&3
    echo $((question)) >&3
    """);
using var answers = new StreamReader(fromGuest.Reader.AsStream());
Console.WriteLine($"the guest says {await answers.ReadLineAsync()}");
await console.RemovePortAsync(port);
