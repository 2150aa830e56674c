using Virtio.Devices;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Tests.Linux;

public sealed class KernelCommandLineTests
{
    [Fact]
    public void The_machines_parameters_come_first_and_end_with_the_console_that_init_gets()
    {
        Assert.Equal("earlycon=sbi console=ttyS0 quiet panic=-1", KernelCommandLine.ForRiscv(Options()));
        Assert.Equal(
            "earlycon=sbi console=ttyS0 console=hvc0 quiet panic=-1 a=b",
            KernelCommandLine.ForRiscv(Options("a=b", new ConsoleDevice())));
        Assert.Equal(
            "quiet earlycon=uart8250,io,0x3f8 console=ttyS0 console=hvc0 quiet panic=-1 a=b",
            KernelCommandLine.ForX86(Options("a=b", new ConsoleDevice())));
    }

    /// <summary>The serial port's driver prints again what an early console has printed before, so messages would appear twice.</summary>
    [Theory]
    [InlineData("loglevel=7")]
    [InlineData("earlycon=uart8250,io,0x2f8")]
    public void On_x86_there_is_no_early_console_where_the_user_asks_for_messages_or_for_an_own_one(string commandLine) => Assert.Equal(
        $"console=ttyS0 console=hvc0 quiet panic=-1 {commandLine}",
        KernelCommandLine.ForX86(Options(commandLine, new ConsoleDevice())));

    [Fact]
    public void Devices_are_among_the_parameters_only_where_that_is_asked_for()
    {
        Assert.DoesNotContain("virtio_mmio", KernelCommandLine.ForX86(Options("", new EntropyDevice())), StringComparison.Ordinal);

        Assert.Equal(
            "quiet earlycon=uart8250,io,0x3f8 console=ttyS0 quiet panic=-1 virtio_mmio.device=0x1000@0xd0000000:5 "
            + "virtio_mmio.device=0x1000@0xd0001000:6 a=b",
            KernelCommandLine.ForX86(WithDevicesAmongThem(useDefaultCommandLine: true, deviceCount: 2)));
    }

    [Fact]
    public void Without_the_machines_own_parameters_the_devices_are_still_there() =>
        Assert.Equal(
            "virtio_mmio.device=0x1000@0xd0000000:5 a=b",
            KernelCommandLine.ForX86(WithDevicesAmongThem(useDefaultCommandLine: false, deviceCount: 1)));

    [Fact]
    public void As_many_devices_as_there_may_be_leave_room_for_more()
    {
        var line = KernelCommandLine.ForX86(WithDevicesAmongThem(useDefaultCommandLine: true, MicroVmOptions.MaxDeviceCount));
        Assert.EndsWith("@0xd001f000:17 a=b", line, StringComparison.Ordinal); // the 32nd shares with the 13th
        Assert.InRange(line.Length, 0, KernelCommandLine.Capacity * 3 / 4);
    }

    private static MicroVmOptions WithDevicesAmongThem(bool useDefaultCommandLine, int deviceCount) => new()
    {
        Kernel = (byte[])[],
        CommandLine = "a=b",
        UseDefaultCommandLine = useDefaultCommandLine,
        DeviceDiscovery = MicroVmDeviceDiscovery.CommandLine,
        Devices = [.. Enumerable.Range(0, deviceCount).Select(_ => new EntropyDevice())],
    };

    private static MicroVmOptions Options(string commandLine = "", params IReadOnlyList<IVirtioDevice> devices) =>
        new() { Kernel = (byte[])[], CommandLine = commandLine, Devices = devices };
}
