using Virtio.Vmm.Boards.Riscv;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Tests.Boards.Riscv;

public sealed class RiscvDeviceTreeTests
{
    [Theory]
    [InlineData(64L << 20, 1, 0)]
    [InlineData(512L << 20, 4, 3)]
    [InlineData(16L << 30, 8, 32)]
    public void Dtc_has_no_warning(long memorySize, int hartCount, int deviceCount)
    {
        var source = DeviceTreeCompiler.Decompile(Make(memorySize, hartCount, deviceCount));

        for (var hart = 0; hart < hartCount; hart++)
            Assert.Contains($"cpu@{hart} {{", source, StringComparison.Ordinal);
        Assert.Equal(deviceCount, source.Split("compatible = \"virtio,mmio\"").Length - 1);
    }

    [Fact]
    public void Each_context_of_the_interrupt_controller_is_the_supervisor_mode_of_its_hart()
    {
        var source = DeviceTreeCompiler.Decompile(Make(64L << 20, 3, 1));

        Assert.Contains("interrupts-extended = <0x02 0x09 0x03 0x09 0x04 0x09>;", source, StringComparison.Ordinal);
    }

    [Fact]
    public void The_initial_ramdisk_and_the_command_line_are_named()
    {
        var source = DeviceTreeCompiler.Decompile(Make(16L << 30, 1, 0, new InitrdRange(0x1_0000_0000, 0x1_0000_1000), "panic=-1 hello"));

        Assert.Contains("linux,initrd-start = <0x01 0x00>;", source, StringComparison.Ordinal);
        Assert.Contains("linux,initrd-end = <0x01 0x1000>;", source, StringComparison.Ordinal);
        Assert.Contains("bootargs = \"panic=-1 hello\";", source, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_machines_get_different_random_seeds() =>
        Assert.NotEqual(Make(64L << 20, 1, 0), Make(64L << 20, 1, 0));

    private static byte[] Make(long memorySize, int hartCount, int deviceCount, InitrdRange? initrd = null, string commandLine = "quiet") =>
        new RiscvDeviceTree
        {
            MemorySize = (ulong)memorySize,
            HartCount = hartCount,
            CommandLine = commandLine,
            Initrd = initrd,
            VirtioDevices =
            [
                .. Enumerable.Range(0, deviceCount).Select(i => (
                    RiscvBoardLayout.VirtioAddress + (ulong)i * RiscvBoardLayout.VirtioStride,
                    (ulong)RiscvBoardLayout.VirtioStride,
                    RiscvBoardLayout.FirstVirtioInterrupt + i)),
            ],
        }.ToArray();
}
