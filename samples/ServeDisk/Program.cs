// Serves a disk to QEMU and others, whose command lines are in docs/vhost-user.md: dotnet run --project samples/ServeDisk /tmp/disk.sock
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.VhostUser;

string path = args is [string given] ? given : "/tmp/disk.sock";
byte[] disk = new byte[16 << 20];
"hello disk!\n"u8.CopyTo(disk);

var device = new BlockDevice(new MemoryStorage(disk), new BlockDeviceOptions { SerialNumber = "in-memory" });
await using VhostUserServer server = VhostUserServer.Listen(device, path);
Console.WriteLine($"a disk of {disk.Length >> 20} MiB at {path}; Ctrl-C ends");
var end = new TaskCompletionSource();
Console.CancelKeyPress += (_, interrupt) => interrupt.Cancel = end.TrySetResult();
await Task.WhenAny(end.Task, server.Completion);
