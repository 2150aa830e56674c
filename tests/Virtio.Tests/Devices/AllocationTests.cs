using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Devices;

/// <summary>A request in steady state allocates nothing managed, on whatever thread: neither in the device nor in the driver's side that measures it.</summary>
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
        DriverQueue queue = bus.Driver().Start().Queue(kind.Queue);
        DriverBuffer[] request = kind.Request(bus);
        Exchange(queue, request, indirect);

        // What else runs in the process (the test host's own display, a compilation) can only add to a measurement, so the least of some is the device's.
        long least = long.MaxValue;
        for (int round = 0; round < 20 && least > 0; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Exchange(queue, request, indirect);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, least);
    }

    // One at a time and in batches, asleep and awake.
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
