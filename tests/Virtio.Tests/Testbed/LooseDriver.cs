using Virtio.Devices;
using Virtio.Testing;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Testbed;

/// <summary>A driver that starts its device one step at a time, in any order.</summary>
internal sealed class LooseDriver : IDisposable
{
    private const string SplitSuffix = ", split";
    private readonly DeviceKind _kind;

    internal LooseDriver(DeviceKind kind, bool split, IVirtioDevice? device = null)
    {
        _kind = kind;
        Bus = new TestBus(kind.BusOptions with { Bus = new MmioBusOptions { Logger = Log } }, device ?? kind.Create());
        Features = Driver.OfferedFeatures & ~(split ? (ulong)VirtioFeatures.RingPacked : 0);

        // Negotiates only so that the driver's queues have the right layout.
        Driver.Negotiate(Features);
        Driver.Reset();
    }

    /// <summary>Every kind of device with rings of each layout: "block", "block, split".</summary>
    public static TheoryData<string> Names => [.. DeviceKind.Every.SelectMany(kind => new[] { kind.Name, kind.Name + SplitSuffix })];

    internal static LooseDriver Named(string name) =>
        new(
            DeviceKind.Named(name.Replace(SplitSuffix, "", StringComparison.Ordinal)),
            name.EndsWith(SplitSuffix, StringComparison.Ordinal));

    internal CountingLogger Log { get; } = new();

    internal TestBus Bus { get; }

    internal MmioDriver Driver => Bus.Driver();

    internal ulong Features { get; }

    /// <summary>The queue that requests go to.</summary>
    internal DriverQueue Queue => Driver.Queue(_kind.Queue);

    internal uint QueueIndex => (uint)_kind.Queue;

    internal uint Status => Driver.ReadRegister(MmioRegisters.Status);

    public void Dispose() => Bus.Dispose();

    internal LooseDriver Write(params ReadOnlySpan<uint> values)
    {
        foreach (uint value in values)
            Driver.WriteRegister(MmioRegisters.Status, value);
        return this;
    }

    /// <summary>Accepts all features.</summary>
    internal LooseDriver Accept() => Accept(Features);

    internal LooseDriver Accept(ulong features)
    {
        Driver.TakeFeatures(features);
        return this;
    }

    /// <summary>Sets up every queue; each must then be ready.</summary>
    internal LooseDriver SetUpQueues()
    {
        for (int i = 0; i < Driver.QueueCount; i++)
            Driver.SetUpQueue(i);
        return this;
    }

    /// <summary>Offers a request and kicks. The following steps decide whether the device serves it.</summary>
    internal LooseDriver OfferAndKick()
    {
        Queue.Offer(_kind.Request(Bus));
        Driver.Notify(QueueIndex);
        return this;
    }

    /// <summary>Asserts that the device runs, serves more requests than its ring is long, and has logged nothing.</summary>
    internal void AssertServed(uint status)
    {
        Assert.Equal(status, Status);
        for (int i = 0; i <= Queue.Size; i++)
            _kind.AssertWorks(Driver);
        Assert.Equal(status, Status);
        Assert.True(Log.Lines == 0, Log.Last);
    }

    /// <summary>
    /// Asserts that the device refuses to serve this driver: it says so in its status and in one line of log, and does nothing. After a
    /// reset it serves a correct driver.
    /// </summary>
    internal void AssertRefused(uint status, string reason)
    {
        Assert.Equal(status, Status);
        Assert.Equal(1, Log.Lines);
        Assert.Contains(reason, Log.Last, StringComparison.Ordinal);
        byte[] before = Bus.Snapshot();
        for (uint queue = 0; queue < 4; queue++)
            Driver.Notify(queue);
        Write(1, 3, 11, 15);
        Assert.Equal(status | 3, Status | 3);
        Assert.False(Driver.Interrupt.WaitForChange(Driver.Interrupt.Changes, DriverExtensions.Silence));
        Assert.True(before.AsSpan().SequenceEqual(Bus.Snapshot()), "the device wrote to memory for a driver that it refused");
        _kind.AssertWorks(Driver.Start(Features));
    }
}
