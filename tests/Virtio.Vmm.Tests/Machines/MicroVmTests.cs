using System.Diagnostics;
using System.IO.Pipelines;
using Virtio.Devices;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>The life of a machine, with kernels that need hardly any time.</summary>
public sealed class MicroVmTests
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    public static TheoryData<bool, int> RunningKernels => new() { { true, 1 }, { true, 4 }, { false, 1 }, { false, 4 } };

    [Fact]
    public async Task A_guest_that_switches_itself_off_ends_it() =>
        Assert.Equal(new MicroVmExit(MicroVmExitReason.PowerOff), await MicroVm.RunAsync(Options(BareMetal.PowerOff)).WaitAsync(TimeLimit));

    [Fact]
    public async Task A_guest_that_reboots_ends_it() =>
        Assert.Equal(new MicroVmExit(MicroVmExitReason.Reboot), await MicroVm.RunAsync(Options(BareMetal.Reboot)).WaitAsync(TimeLimit));

    [Fact]
    public async Task A_guest_that_says_it_failed_has_panicked() =>
        Assert.Equal(new MicroVmExit(MicroVmExitReason.Panic), await MicroVm.RunAsync(Options(BareMetal.Failure)).WaitAsync(TimeLimit));

    [Theory]
    [MemberData(nameof(RunningKernels))]
    public async Task Cancelling_the_wait_stops_it_within_a_second(bool busy, int processorCount)
    {
        await using var vm = await MicroVm.StartAsync(Options(busy ? BareMetal.Spin : BareMetal.Sleep, processorCount));
        using var cancellation = new CancellationTokenSource();
        var exit = vm.WaitForExitAsync(cancellation.Token);
        Assert.False(exit.IsCompleted);

        var watch = Stopwatch.StartNew();
        await cancellation.CancelAsync();
        Assert.Equal(new MicroVmExit(MicroVmExitReason.Cancelled), await exit.WaitAsync(TimeLimit));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Theory]
    [MemberData(nameof(RunningKernels))]
    public async Task Stopping_stops_it(bool busy, int processorCount)
    {
        await using var vm = await MicroVm.StartAsync(Options(busy ? BareMetal.Spin : BareMetal.Sleep, processorCount));
        var first = vm.StopAsync();
        var second = vm.StopAsync();

        Assert.Equal(new MicroVmExit(MicroVmExitReason.Stopped), await first.WaitAsync(TimeLimit));
        Assert.Equal(new MicroVmExit(MicroVmExitReason.Stopped), await second.WaitAsync(TimeLimit));
        Assert.Equal(new MicroVmExit(MicroVmExitReason.Stopped), await vm.WaitForExitAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_stuck_output_does_not_delay_the_end_by_a_second()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        await using var vm = await MicroVm.StartAsync(new MicroVmOptions
        {
            Kernel = BareMetal.Spin,
            SerialOutput = pipe.Writer.AsStream(),
            SerialInput = new Pipe().Reader.AsStream(),
        });

        var watch = Stopwatch.StartNew();
        await vm.StopAsync().WaitAsync(TimeLimit);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_stream_that_throws_when_it_is_cancelled_does_not_keep_it_from_ending()
    {
        var vm = await MicroVm.StartAsync(new MicroVmOptions { Kernel = BareMetal.Spin, SerialInput = new FaultyStream() });

        Assert.Equal(MicroVmExitReason.Stopped, (await vm.StopAsync().WaitAsync(TimeLimit)).Reason);
        await vm.DisposeAsync();
    }

    [Fact]
    public async Task What_a_guest_did_first_counts_more_than_a_stop()
    {
        await using var vm = await MicroVm.StartAsync(Options(BareMetal.PowerOff));
        await vm.WaitForExitAsync().WaitAsync(TimeLimit);

        Assert.Equal(MicroVmExitReason.PowerOff, (await vm.StopAsync()).Reason);
    }

    [Fact]
    public async Task Disposing_twice_and_at_once_is_disposing()
    {
        var vm = await MicroVm.StartAsync(Options(BareMetal.Spin));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => vm.DisposeAsync().AsTask())).WaitAsync(TimeLimit);
        await vm.DisposeAsync();

        Assert.Equal(MicroVmExitReason.Stopped, (await vm.WaitForExitAsync()).Reason);
    }

    [Fact]
    public async Task The_devices_are_disposed_with_it_and_also_when_it_cannot_start()
    {
        var used = new DisposalCounter();
        await MicroVm.RunAsync(Options(BareMetal.PowerOff, devices: used)).WaitAsync(TimeLimit);
        var refused = new DisposalCounter();
        await Assert.ThrowsAsync<BootException>(() => MicroVm.StartAsync(Options([1, 2, 3], devices: refused)));
        var invalid = new DisposalCounter();
        await Assert.ThrowsAsync<ArgumentException>(
            () => MicroVm.StartAsync(Options(BareMetal.PowerOff, processorCount: 9, devices: invalid)));
        var cancelled = new DisposalCounter();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => MicroVm.StartAsync(Options(BareMetal.PowerOff, devices: cancelled), new CancellationToken(canceled: true)));

        Assert.Equal([1, 1, 1, 1], new[] { used, refused, invalid, cancelled }.Select(device => device.Disposals));
    }

    [Fact]
    public async Task A_device_that_cannot_be_disposed_is_told_when_the_others_are()
    {
        var failing = new DisposalCounter { DisposalFailure = new InvalidOperationException("stuck") };
        var other = new DisposalCounter();
        var vm = await MicroVm.StartAsync(Options(BareMetal.Spin, devices: [failing, other]));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => vm.DisposeAsync().AsTask());

        Assert.Equal("stuck", failure.Message);
        Assert.Equal((1, 1), (failing.Disposals, other.Disposals));
        Assert.Equal(MicroVmExitReason.Stopped, (await vm.WaitForExitAsync()).Reason);
    }

    [Fact]
    public async Task A_device_that_throws_does_not_end_the_machine()
    {
        var device = new DisposalCounter { ConfigurationFailure = new InvalidOperationException("not my day") };

        var exit = await MicroVm.RunAsync(Options(BareMetal.ReadConfiguration, devices: device)).WaitAsync(TimeLimit);

        Assert.Equal(MicroVmExitReason.PowerOff, exit.Reason);
        Assert.Equal(1, device.Disposals);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(16384)]
    public async Task It_starts_with_the_least_and_the_most_memory(int mebibytes)
    {
        var options = new MicroVmOptions { Kernel = BareMetal.PowerOff, MemorySize = (long)mebibytes << 20 };
        Assert.Equal(MicroVmExitReason.PowerOff, (await MicroVm.RunAsync(options).WaitAsync(TimeLimit)).Reason);
    }

    [Fact]
    public async Task It_starts_with_the_most_devices()
    {
        var devices = Enumerable.Range(0, MicroVmOptions.MaxDeviceCount).Select(_ => (IVirtioDevice)new EntropyDevice());
        Assert.Equal(
            MicroVmExitReason.PowerOff,
            (await MicroVm.RunAsync(Options(BareMetal.PowerOff, devices: [.. devices])).WaitAsync(TimeLimit)).Reason);
    }

    [Fact]
    public async Task An_option_out_of_range_is_named()
    {
        await Refused("MemorySize", new MicroVmOptions { Kernel = BareMetal.Spin, MemorySize = 63L << 20 });
        await Refused("MemorySize", new MicroVmOptions { Kernel = BareMetal.Spin, MemorySize = (16L << 30) + (2 << 20) });
        await Refused("MemorySize", new MicroVmOptions { Kernel = BareMetal.Spin, MemorySize = (64L << 20) + 4096 });
        await Refused("ProcessorCount", new MicroVmOptions { Kernel = BareMetal.Spin, ProcessorCount = 0 });
        await Refused("ProcessorCount", new MicroVmOptions { Kernel = BareMetal.Spin, ProcessorCount = 33 });
        await Refused("ProcessorCount", new MicroVmOptions { Kernel = BareMetal.Spin, ProcessorCount = 9 });
        await Refused("DeviceDiscovery", new MicroVmOptions { Kernel = BareMetal.Spin, DeviceDiscovery = (MicroVmDeviceDiscovery)99 });
        await Refused(
            "DeviceDiscovery", new MicroVmOptions { Kernel = BareMetal.Spin, DeviceDiscovery = MicroVmDeviceDiscovery.CommandLine });
        await Refused("Machine", new MicroVmOptions { Kernel = BareMetal.Spin, Machine = (MicroVmMachine)99 });
        await Refused("CommandLine", new MicroVmOptions { Kernel = BareMetal.Spin, CommandLine = "a\nb" });
        await Refused("CommandLine", new MicroVmOptions { Kernel = BareMetal.Spin, CommandLine = new string('x', 2048) });
        await Refused(
            "Devices",
            new MicroVmOptions { Kernel = BareMetal.Spin, Devices = [.. Enumerable.Range(0, 33).Select(_ => new EntropyDevice())] });
        var twice = new EntropyDevice();
        await Refused("Devices", new MicroVmOptions { Kernel = BareMetal.Spin, Devices = [twice, twice] });
        await Refused("Devices", new MicroVmOptions { Kernel = BareMetal.Spin, Devices = [null!] });
    }

    private static async Task Refused(string option, MicroVmOptions options) =>
        Assert.Equal(option, (await Assert.ThrowsAsync<ArgumentException>(() => MicroVm.StartAsync(options))).ParamName);

    private static MicroVmOptions Options(byte[] kernel, int processorCount = 1, params IReadOnlyList<IVirtioDevice> devices) =>
        new() { Kernel = kernel, MemorySize = MicroVmOptions.MinMemorySize, ProcessorCount = processorCount, Devices = devices };
}
