using Virtio.Devices.Console;
using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Devices.Console;

public sealed class ConsoleBackPressureTests
{
    private const int Transmit = 1;
    private const int Piece = 48 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly StuckStream _output = new();

    [Fact]
    public async Task A_stream_that_blocks_holds_up_the_guest_but_neither_a_reset_nor_the_disposal()
    {
        var console = new ConsoleDevice(new ConsoleDeviceOptions { Output = _output });
        using var bus = new TestBus(console);
        MmioDriver driver = bus.Driver().Start();
        Offer(bus, driver, 1);
        driver.Queue(Transmit).Collect(Limit);

        // What no longer fits in the device's buffer stays the driver's to wait for.
        Offer(bus, driver, 2);
        Assert.False(driver.Interrupt.WaitForChange(driver.Interrupt.Changes, DriverExtensions.Silence));
        Assert.False(driver.Queue(Transmit).TryCollect(out _));

        await Task.Run(driver.Reset).WaitAsync(Limit);
        driver.Start();
        await console.DisposeAsync().AsTask().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_stream_that_goes_on_gets_every_byte_in_order()
    {
        var console = new ConsoleDevice(new ConsoleDeviceOptions { Output = _output });
        await using var bus = new TestBus(console);
        MmioDriver driver = bus.Driver().Start();
        for (byte i = 1; i <= 4; i++)
            Offer(bus, driver, i);

        _output.Release();
        for (int i = 0; i < 4; i++)
            driver.Queue(Transmit).Collect(Limit);
        await console.FlushAsync().WaitAsync(Limit);

        Assert.Equal(Enumerable.Range(1, 4).SelectMany(i => Enumerable.Repeat((byte)i, Piece)), _output.Written);
    }

    [Fact]
    public async Task A_stream_that_blocks_holds_up_no_pause_and_loses_nothing_by_it()
    {
        var console = new ConsoleDevice(new ConsoleDeviceOptions { Output = _output });
        await using var bus = new TestBus(console);
        MmioDriver driver = bus.Driver().Start();
        Offer(bus, driver, 1);
        driver.Queue(Transmit).Collect(Limit);
        Offer(bus, driver, 2);
        Assert.False(driver.Interrupt.WaitForChange(driver.Interrupt.Changes, DriverExtensions.Silence));

        QueueState? state = bus.Mmio.SuspendQueue(0, Transmit, Limit);
        Assert.NotNull(state);
        driver.Queue(Transmit).Collect(Limit);
        Assert.True(bus.Mmio.ResumeQueue(0, Transmit, state.Value));
        Offer(bus, driver, 3);
        _output.Release();
        driver.Queue(Transmit).Collect(Limit);
        await console.FlushAsync().WaitAsync(Limit);

        Assert.Equal(Enumerable.Range(1, 3).SelectMany(i => Enumerable.Repeat((byte)i, Piece)), _output.Written);
    }

    private static void Offer(TestBus bus, MmioDriver driver, byte content)
    {
        byte[] bytes = new byte[Piece];
        bytes.AsSpan().Fill(content);
        driver.Queue(Transmit).Offer(DriverBuffer.Readable(bus.Place(bytes), Piece));
        driver.Queue(Transmit).Kick();
    }

    /// <summary>Takes nothing until it is released, and does not listen to cancellation.</summary>
    private sealed class StuckStream : MemoryStream
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly MemoryStream _written = new();

        internal byte[] Written => _written.ToArray();

        internal void Release() => _released.SetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _released.Task;
            _written.Write(buffer.Span);
        }
    }
}
