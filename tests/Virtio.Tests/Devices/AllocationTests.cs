using System.Diagnostics;
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Storage;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Devices;

/// <summary>
/// In steady state a request allocates nothing on the managed heap, on any thread: neither the device nor the driver that measures it.
/// </summary>
[Collection(Alone.Name)]
public sealed class AllocationTests
{
    private const int Requests = 5000;

    public static TheoryData<string, bool> Kinds
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (DeviceKind kind in DeviceKind.Every)
            {
                data.Add(kind.Name, false);
                data.Add(kind.Name, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_request_in_steady_state_allocates_nothing(string name, bool indirect)
    {
        DeviceKind kind = DeviceKind.Named(name);
        using var bus = new TestBus(kind.Create());
        AssertAllocatesNothing(bus.Driver().Start().Queue(kind.Queue), kind.Request(bus), indirect);
    }

    [Fact]
    public void A_write_that_must_be_durable_allocates_nothing_in_steady_state()
    {
        using var folder = new TemporaryFolder();
        using var bus = new TestBus(new BlockDevice(FileStorage.Open(folder.Sparse("disk", BlockKind.SectorSize))));
        MmioDriver driver = bus.Driver();
        DriverQueue queue = driver.Start(driver.OfferedFeatures & BlockRequests.WithoutFlush).Queue();
        AssertAllocatesNothing(
            queue,
            [
                DriverBuffer.Readable(bus.Place(BlockKind.Header((uint)BlockRequestType.Write, 0)), 16),
                DriverBuffer.Readable(bus.Place(new byte[BlockKind.SectorSize]), BlockKind.SectorSize),
                DriverBuffer.Writable(bus.Place([0xff]), 1),
            ],
            indirect: false);
    }

    private static void AssertAllocatesNothing(DriverQueue queue, DriverBuffer[] request, bool indirect)
    {
        Exchange(queue, request, indirect);

        // The rest of the process can only add to a measurement, so the smallest value is the device's. The test host's display allocates,
        // and so does code that the runtime has not optimized yet, which boxes enums in HasFlag. On a busy machine the optimization comes
        // many rounds later.
        long least = long.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); least > 0 && Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1);)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Exchange(queue, request, indirect);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, least);
    }

    // Single requests and batches, so that the worker is asleep at some and awake at others.
    private static void Exchange(DriverQueue queue, DriverBuffer[] request, bool indirect)
    {
        for (int done = 0; done < Requests;)
        {
            int batch = done % 3 == 0 ? 1 : 8;
            for (int i = 0; i < batch; i++)
                queue.TryOffer(request, out _, indirect);
            queue.Kick();
            for (int i = 0; i < batch; i++)
                queue.Collect();
            done += batch;
        }
    }
}
