using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Devices.Entropy;
using Virtio.Linux.Interop;
using Virtio.Testing;
using Virtio.Transports.Mmio;

namespace Virtio.Linux.Tests;

[SupportedOSPlatform("linux")]
public class EventSignalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_signal_set_while_nobody_waits_ends_the_next_wait_and_only_that()
    {
        using var signal = new EventSignal();
        signal.Set();
        signal.Set();
        signal.Wait();

        Assert.False(IsSet(signal));
    }

    [Fact]
    public void A_signal_that_is_set_already_costs_no_system_call()
    {
        using var signal = new EventSignal();
        for (int i = 0; i < 5; i++)
            signal.Set();

        DescriptorCalls.Read(signal.Handle, out ulong count, sizeof(ulong));

        Assert.Equal(1UL, count);
    }

    [Fact]
    public async Task A_wait_ends_when_the_signal_is_set()
    {
        using var signal = new EventSignal();
        var waiting = Task.Factory.StartNew(signal.Wait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Delay(20);
        Assert.False(waiting.IsCompleted);

        signal.Set();

        await waiting.WaitAsync(Patience);
    }

    [Fact]
    public void What_the_kernel_adds_to_the_counter_is_seen_whether_or_not_the_signal_was_set()
    {
        using var signal = new EventSignal();
        signal.Set();
        AddAsTheKernelDoes(signal);
        signal.Wait();
        AddAsTheKernelDoes(signal);

        Assert.True(IsSet(signal));
        signal.Wait();
    }

    [Fact]
    public async Task Of_two_threads_that_wake_each_other_none_sleeps_for_ever()
    {
        using var there = new EventSignal();
        using var back = new EventSignal();
        var other = Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < 20_000; i++)
                {
                    there.Wait();
                    back.Set();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var one = Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < 20_000; i++)
                {
                    if (i % 2 == 0)
                        there.Set();
                    else
                        AddAsTheKernelDoes(there);
                    back.Wait();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        await Task.WhenAll(one, other).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Work_announced_by_many_threads_is_never_left_lying()
    {
        const int Items = 30_000;
        using var signal = new EventSignal();
        int announced = 0;
        var worker = Task.Factory.StartNew(
            () =>
            {
                while (Volatile.Read(ref announced) < 3 * Items)
                    signal.Wait();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var announcers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < Items; i++)
            {
                Interlocked.Increment(ref announced);
                signal.Set();
            }
        }));

        await Task.WhenAll([worker, .. announcers]).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void After_disposal_setting_it_does_nothing()
    {
        var signal = new EventSignal();
        signal.Dispose();
        signal.Set();

        Assert.True(signal.Handle.IsClosed);
    }

    [Fact]
    public void A_device_serves_a_kick_that_came_through_the_kernel()
    {
        EventSignal? signal = null;
        using var bus = new TestBus(
            new TestBusOptions { Bus = new MmioBusOptions { CreateSignal = (_, _) => signal = new EventSignal() } },
            new EntropyDevice());
        for (int i = 0; i < 50; i++)
        {
            MmioDriver driver = bus.Driver().Start();
            driver.Queue().Offer(DriverBuffer.Writable(bus.Allocator.Allocate(16), 16));
            AddAsTheKernelDoes(signal!);

            Assert.InRange(driver.Queue().Collect().Length, 1u, 16u);
        }
    }

    private static void AddAsTheKernelDoes(EventSignal signal) => DescriptorCalls.Write(signal.Handle, 1, sizeof(ulong));

    private static bool IsSet(EventSignal signal)
    {
        PollEntry[] entry = [new PollEntry { Descriptor = (int)signal.Handle.DangerousGetHandle(), Events = PollEntry.Readable }];
        return DescriptorCalls.Poll(entry, 1, milliseconds: 0) == 1;
    }

    [Fact]
    public void Each_set_of_a_shared_signal_reaches_who_waits_elsewhere_and_none_waits_for_room()
    {
        using var signal = new EventSignal();
        SafeFileHandle elsewhere = signal.Share();
        byte[] count = new byte[8];
        for (int i = 0; i < 3; i++)
        {
            signal.Set();
            Assert.Equal(8, RandomAccess.Read(elsewhere, count, 0));
            Assert.Equal(1UL, BitConverter.ToUInt64(count));
        }

        RandomAccess.Write(elsewhere, BitConverter.GetBytes(ulong.MaxValue - 1), 0);
        signal.Set();
    }
}
