using Virtio.Devices.Block;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Storage;
using Virtio.Vmm;

GuestImage image = GuestImage.Find(); // an unmodified Debian kernel; made by ./build guest
using var input = new MemoryStream("cat /sys/block/vda/serial; echo; head -c 12 /dev/vda; exit\n"u8.ToArray());
byte[] disk = new byte[1 << 20];
"hello disk!\n"u8.CopyTo(disk);

MicroVmExit exit = await MicroVm.RunAsync(new MicroVmOptions
{
    Kernel = image.Kernel,
    Initrd = image.Initrd,
    CommandLine = image.CommandLine,
    Devices =
    [
        new ConsoleDevice(new ConsoleDeviceOptions { Input = input, Output = Console.OpenStandardOutput() }),
        new BlockDevice(new MemoryStorage(disk), new BlockDeviceOptions { SerialNumber = "in-memory" }),
        new EntropyDevice(),
    ],
});
Console.WriteLine($"the guest ended: {exit.Reason}");
