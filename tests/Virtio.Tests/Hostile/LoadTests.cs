using System.Diagnostics;
using Virtio.Devices.Block;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

/// <summary>Classes 15, 17, 18 and 25: many requests at once, too many requests, and a host that does not read.</summary>
[Collection(Alone.Name)]
public sealed class LoadTests
{
    [Fact]
    public void A_thousand_resets_with_64_reads_in_flight_write_nothing_late()
    {
        var storage = new HeldStorage(1 << 20, offset => offset != 0);
        using var victim = new Victim(new BlockKind(), new BlockDevice(storage));
        ulong header = victim.Bus.Place(BlockKind.Header(0, 1));
        ulong room = victim.Bus.Allocator.Allocate(64 * 1024);
        byte[] pattern = [.. Enumerable.Repeat((byte)0x77, 64 * 1024)];
        for (int i = 0; i < 1000; i++)
        {
            for (int request = 0; request < 64; request++)
                victim.Queue.Offer(DriverBuffer.Readable(header, 16), DriverBuffer.Writable(room + (ulong)(request * 1024), 513));
            victim.Queue.Kick();
            if (i % 2 == 0)
                storage.WaitUntilHeld(64);
            victim.Driver.Reset();
            Assert.Equal(0, storage.Held);

            // The same pages become new rings and buffers at once, so a late write of the device would corrupt them.
            victim.Bus.Memory.TryWrite(room, pattern);
            victim.Restart();
            Assert.True(
                victim.Bus.Read(room, pattern.Length).AsSpan().SequenceEqual(pattern),
                $"round {i}: a request wrote after the reset");
        }

        Assert.Equal(BlockResult.Ok, new BlockDriver(victim.Driver).Read(0, new byte[512]));
    }

    [Fact]
    public void A_ring_of_32768_requests_in_flight_costs_a_bounded_amount_that_comes_back()
    {
        var storage = new HeldStorage(1 << 20, offset => offset != 0);
        using var bus = new TestBus(new BlockDevice(storage, new BlockDeviceOptions { QueueSize = 32768 }));
        MmioDriver driver = bus.Driver().Start();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        DriverBuffer[] request =
        [
            DriverBuffer.Readable(bus.Place(BlockKind.Header(0, 1)), 16), DriverBuffer.Writable(bus.Allocator.Allocate(513), 513),
        ];
        for (int i = 0; i < 32768; i++)
            driver.Queue().OfferIndirect(request);
        driver.Queue().Kick();
        storage.WaitUntilHeld(32768);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, 0, 128 << 20);
        storage.Release();
        for (int i = 0; i < 32768; i++)
            Assert.Equal(513u, driver.Queue().Collect().Length);
        driver.Reset();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16 << 20);
        Assert.Equal(BlockResult.Ok, new BlockDriver(driver.Start()).Read(0, new byte[512]));
    }

    [Fact]
    public void A_console_message_of_64_MiB_holds_up_no_other_device()
    {
        using var bus = new TestBus(new ConsoleDevice(new ConsoleDeviceOptions { Output = new SlowStream() }), new EntropyDevice());
        MmioDriver console = bus.Driver(0).Start();
        MmioDriver entropy = bus.Driver(1).Start();
        DriverBuffer[] message = [.. Enumerable.Repeat(DriverBuffer.Readable(bus.Allocator.Allocate(1 << 20), 1 << 20), 64)];
        console.Queue(1).OfferIndirect(message);
        console.Queue(1).Kick();
        for (int i = 0; i < 50; i++)
        {
            long start = Stopwatch.GetTimestamp();
            new EntropyDriver(entropy).Read(64);
            Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 0, 100);
        }

        AssertResetsInASecond(console);
    }

    [Fact]
    public void A_console_reader_that_is_gone_blocks_no_reset()
    {
        using var bus = new TestBus(new ConsoleDevice(new ConsoleDeviceOptions { Output = new SlowStream { NeverTakes = true } }));
        MmioDriver driver = bus.Driver();
        for (int i = 0; i < 3; i++)
        {
            driver.Start();
            ulong text = bus.Allocator.Allocate(1 << 20);
            for (int offered = 0; offered < 32; offered++)
                driver.Queue(1).Offer(DriverBuffer.Readable(text, 1 << 20));
            driver.Queue(1).Kick();
            Thread.Sleep(DriverExtensions.Silence);
            TimeSpan before = WorkerThreads.ProcessorTime;
            Thread.Sleep(DriverExtensions.Silence);
            Assert.InRange((WorkerThreads.ProcessorTime - before).TotalMilliseconds, 0, 0.05 * DriverExtensions.Silence.TotalMilliseconds);
            AssertResetsInASecond(driver);
        }
    }

    /// <summary>The host sends without end while the driver has offered no buffer; then the driver offers one.</summary>
    [Fact]
    public void Input_without_a_buffer_waits_quietly_and_goes_on_with_the_first_one()
    {
        using var victim = new Victim(new ConsoleInputKind());
        victim.Guard();
        victim.AssertSurvived();
        for (int i = 0; i < 100; i++)
        {
            victim.KickAndSettle();
            victim.Kind.AssertWorks(victim.Driver);
        }

        victim.AssertSurvived();
    }

    [Fact]
    public void Slow_storage_with_every_request_waiting_holds_up_no_other_device()
    {
        var storage = new HeldStorage(1 << 20);
        using var bus = new TestBus(new BlockDevice(storage), new EntropyDevice(), new BlockDevice(new HeldStorage(1 << 20, _ => false)));
        foreach (MmioDriver driver in bus.Drivers)
            driver.Start();
        ulong header = bus.Place(BlockKind.Header(0, 0));
        for (int i = 0; i < 128; i++)
            bus.Driver(0).Queue().Offer(DriverBuffer.Readable(header, 16), DriverBuffer.Writable(bus.Allocator.Allocate(513), 513));
        bus.Driver(0).Queue().Kick();
        storage.WaitUntilHeld(128);
        for (int i = 0; i < 50; i++)
        {
            long start = Stopwatch.GetTimestamp();
            new EntropyDriver(bus.Driver(1)).Read(64);
            Assert.Equal(BlockResult.Ok, new BlockDriver(bus.Driver(2)).Read(0, new byte[512]));
            Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 0, 200);
        }
    }

    private static void AssertResetsInASecond(MmioDriver driver)
    {
        long start = Stopwatch.GetTimestamp();
        driver.Reset();
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 0, 1000);
    }
}
