using Virtio.Devices.Block;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Devices;

/// <summary>The calls of the storage that precede an answer. The tests of the storages check that these calls make data durable.</summary>
public sealed class BlockDurabilityTests
{
    private readonly TaskCompletionSource _gate = new();
    private readonly RecordingStorage _storage;
    private readonly byte[] _sector = new byte[BlockKind.SectorSize];

    public BlockDurabilityTests() => _storage = new RecordingStorage(BlockKind.NewImage()) { FlushGate = _gate };

    [Fact]
    [Requirement("BLK-DUR-1")]
    public async Task Without_FLUSH_negotiated_a_write_is_answered_only_when_it_was_flushed()
    {
        await using var bus = new TestBus(new BlockDevice(_storage));
        MmioDriver driver = bus.Driver();
        var disk = new BlockDriver(driver.Start(driver.OfferedFeatures & BlockRequests.WithoutFlush));
        Task<BlockResult> write = Task.Run(() => disk.Write(0, _sector));
        Assert.True(SpinWait.SpinUntil(() => _storage.Calls == "write flush", DriverExtensions.Patience));
        await Task.Delay(DriverExtensions.Silence, TestContext.Current.CancellationToken);
        Assert.False(write.IsCompleted);
        _gate.SetResult();
        Assert.Equal(BlockResult.Ok, await write);
        Assert.Equal("write flush flushed", _storage.Calls);
    }

    [Fact]
    [Requirement("BLK-DUR-3")]
    public async Task A_flush_is_answered_only_when_the_storage_has_flushed()
    {
        await using var bus = new TestBus(new BlockDevice(_storage));
        var disk = new BlockDriver(bus.Driver().Start());
        Assert.Equal(BlockResult.Ok, disk.Write(0, _sector));
        Assert.Equal("write", _storage.Calls);
        Task<BlockResult> flush = Task.Run(disk.Flush);
        Assert.True(SpinWait.SpinUntil(() => _storage.Calls == "write flush", DriverExtensions.Patience));
        await Task.Delay(DriverExtensions.Silence, TestContext.Current.CancellationToken);
        Assert.False(flush.IsCompleted);
        _gate.SetResult();
        Assert.Equal(BlockResult.Ok, await flush);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Requirement("BLK-DUR-1", "BLK-DUR-3")]
    public async Task A_flush_that_fails_is_an_error_of_the_request_that_needed_it(bool negotiated)
    {
        _gate.SetResult();
        _storage.FlushFails = true;
        await using var bus = new TestBus(new BlockDevice(_storage));
        MmioDriver driver = bus.Driver();
        var disk = new BlockDriver(driver.Start(negotiated ? driver.OfferedFeatures : driver.OfferedFeatures & BlockRequests.WithoutFlush));
        Assert.Equal(negotiated ? BlockResult.Ok : BlockResult.IoError, disk.Write(0, _sector));
        Assert.Equal(BlockResult.IoError, disk.Flush());
        _storage.FlushFails = false;
        Assert.Equal(BlockResult.Ok, disk.Write(0, _sector));
    }

    [Fact]
    public async Task Disposing_twice_flushes_once()
    {
        _gate.SetResult();
        var device = new BlockDevice(_storage);
        await device.DisposeAsync();
        await device.DisposeAsync();
        Assert.Equal("flush flushed", _storage.Calls);
    }

    [Fact]
    public void Errors_are_logged_a_bounded_number_of_times_however_often_the_driver_resets_the_disk()
    {
        _gate.SetResult();
        _storage.FlushFails = true;
        var log = new CountingLogger();
        using var bus = new TestBus(new TestBusOptions { Bus = new MmioBusOptions { Logger = log } }, new BlockDevice(_storage));
        for (int i = 0; i < 3; i++)
        {
            var disk = new BlockDriver(bus.Driver().Start());
            for (int j = 0; j < 25; j++)
                Assert.Equal(BlockResult.IoError, disk.Flush());
        }

        _storage.FlushFails = false;
        Assert.Equal(20 + 1, log.Lines);
    }
}
