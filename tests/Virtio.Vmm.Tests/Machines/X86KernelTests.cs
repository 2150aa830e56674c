using System.Buffers.Binary;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>Other ways to start Debian's amd64 kernel and to describe the machine to it: other forms of the file, and no ACPI.</summary>
[Trait("Machine", "Kvm")]
[Trait("Run", "All")]
public sealed class X86KernelTests
{
    public X86KernelTests()
    {
        Assert.SkipWhen(HostKvm.WhyNot is not null, HostKvm.WhyNot ?? "");
    }

    [Fact]
    public async Task Its_ELF_file_starts_at_the_PVH_entry()
    {
        var image = StockKernel.Image(MicroVmMachine.Kvm);
        var vmlinux = Vmlinux(File.ReadAllBytes(image.Kernel.Name));
        var terminal = new GuestTerminal();
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Machine = MicroVmMachine.Kvm,
            Kernel = vmlinux,
            Initrd = image.Initrd,
            CommandLine = image.CommandLine,
            ProcessorCount = 2,
            Devices = [terminal.CreateDevice()],
        });

        await terminal.ExpectAsync(":~# ", StockKernel.TimeLimit);
        await terminal.TypeAsync("nproc; poweroff -f");
        await terminal.ExpectAsync("\r\n2\r\n", StockKernel.TimeLimit);
        Assert.Equal(MicroVmExitReason.PowerOff, (await vm.WaitForExitAsync().WaitAsync(StockKernel.TimeLimit)).Reason);
    }

    /// <summary>
    /// Debian's kernel does not take virtio devices from parameters. Without ACPI it still has its processors, its interrupts and a way to
    /// reboot.
    /// </summary>
    [Fact]
    public async Task Without_ACPI_it_finds_its_processors_and_its_serial_port()
    {
        var image = StockKernel.Image(MicroVmMachine.Kvm);
        var terminal = new GuestTerminal();
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Machine = MicroVmMachine.Kvm,
            Kernel = image.Kernel,
            Initrd = image.Initrd,
            CommandLine = image.CommandLine,
            ProcessorCount = 2,
            DeviceDiscovery = MicroVmDeviceDiscovery.CommandLine,
            SerialInput = terminal.Keys,
            SerialOutput = terminal,
        });

        await terminal.ExpectAsync(":~# ", StockKernel.TimeLimit);
        await terminal.TypeAsync("nproc; grep ttyS0 /proc/interrupts; reboot -f");
        await terminal.ExpectAsync("\r\n2\r\n", StockKernel.TimeLimit);
        await terminal.ExpectAsync("IO-APIC   4-edge      ttyS0", StockKernel.TimeLimit);
        Assert.Equal(MicroVmExitReason.Reboot, (await vm.WaitForExitAsync().WaitAsync(StockKernel.TimeLimit)).Reason);
    }

    /// <summary>The ELF file that a bzImage unpacks when it starts. Its length is stored behind it.</summary>
    private static byte[] Vmlinux(byte[] kernel)
    {
        var code = kernel.AsSpan((kernel[0x1f1] + 1) * 512);
        var payload = code.Slice(
            BinaryPrimitives.ReadInt32LittleEndian(kernel.AsSpan(0x248)), BinaryPrimitives.ReadInt32LittleEndian(kernel.AsSpan(0x24c)));
        using var zstd = new ZstdSharp.DecompressionStream(new MemoryStream(payload[..^4].ToArray()));
        using var vmlinux = new MemoryStream();
        zstd.CopyTo(vmlinux);
        return vmlinux.ToArray();
    }
}
