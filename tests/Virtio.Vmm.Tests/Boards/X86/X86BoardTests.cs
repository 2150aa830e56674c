using Virtio.Vmm.Tests.Machines;

namespace Virtio.Vmm.Tests.Boards.X86;

public sealed class X86BoardTests
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Power_off()
    {
        var kernel = X86Assembly.Assemble("""
            mov $0x3f8, %dx
            mov $'A', %al
            out %al, %dx
            mov $0x600, %dx
            mov $0x34, %al
            out %al, %dx
            1: jmp 1b
            """);
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions { Machine = MicroVmMachine.Kvm, Kernel = kernel, MemorySize = 64 << 20 });
        Assert.Equal(new MicroVmExit(MicroVmExitReason.PowerOff), await vm.WaitForExitAsync().WaitAsync(TimeLimit));
        Assert.Equal("A", vm.SerialLog);
    }
}
