using Virtio.Devices;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>Machines on the host's KVM, of either kind, for the tests' own kernels.</summary>
internal static class X86Machine
{
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    /// <summary>Starts a machine. Skips the test if KVM cannot be opened.</summary>
    public static Task<MicroVm> StartAsync(
        byte[] kernel, int processorCount = 1, long memorySize = MicroVmOptions.MinMemorySize, params IReadOnlyList<IVirtioDevice> devices)
    {
        RequireKvm();
        return MicroVm.StartAsync(new MicroVmOptions
        {
            Machine = MicroVmMachine.Kvm,
            Kernel = kernel,
            ProcessorCount = processorCount,
            MemorySize = memorySize,
            Devices = devices,
        });
    }

    /// <summary>Runs a kernel that switches the machine off, and returns what it wrote to the serial port.</summary>
    public static async Task<string> RunAsync(
        byte[] kernel, int processorCount = 1, long memorySize = MicroVmOptions.MinMemorySize, params IReadOnlyList<IVirtioDevice> devices)
    {
        await using var vm = await StartAsync(kernel, processorCount, memorySize, devices);
        Assert.Equal(new MicroVmExit(MicroVmExitReason.PowerOff), await vm.WaitForExitAsync().WaitAsync(TimeLimit));
        return vm.SerialLog;
    }

    /// <summary>Runs a kernel to its end.</summary>
    public static async Task<MicroVmExit> EndAsync(byte[] kernel)
    {
        await using var vm = await StartAsync(kernel);
        return await vm.WaitForExitAsync().WaitAsync(TimeLimit);
    }

    /// <summary>Skips the test if KVM cannot be opened.</summary>
    public static void RequireKvm()
    {
        try
        {
            using var kvm = File.Open("/dev/kvm", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"KVM cannot be used here: {e.Message}");
        }
    }
}
