using System.IO.Pipelines;
using Virtio.Devices.Block;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Storage;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>A hostile kernel ends like any other: nothing throws, nothing hangs, and the log stays short.</summary>
public sealed class HostileKernelTests
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(0x9e37_79b9_7f4a_7c15)]
    [InlineData(0xd1b5_4a32_d192_ed03)]
    [InlineData(0x0000_0000_0000_0001)]
    public async Task Random_accesses_to_all_registers_do_no_harm(ulong seed)
    {
        var log = new LogCounter();
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Kernel = HostileKernel.Image(seed),
            Devices =
            [
                new ConsoleDevice(new ConsoleDeviceOptions { Input = new Pipe().Reader.AsStream(), Output = Stream.Null }),
                new BlockDevice(new MemoryStorage(1 << 20)),
                new EntropyDevice(),
                new BlockDevice(new MemoryStorage(1 << 20, readOnly: true)),
            ],
            SerialInput = new Pipe().Reader.AsStream(),
            SerialOutput = Stream.Null,
            Logger = log,
        });

        Assert.Equal(new MicroVmExit(MicroVmExitReason.PowerOff), await vm.WaitForExitAsync().WaitAsync(TimeLimit));
        Assert.NotEmpty(vm.SerialLog); // the kernel ran: it sent some of its random bytes
        Assert.InRange(log.Count, 0, 40); // start and end of the machine, and 10 lines for each device
    }
}
