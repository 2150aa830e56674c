using Virtio.Devices.Block;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Devices;

/// <summary>Requests of one batch share one flush of the storage, and none of them completes before the flush.</summary>
public sealed class BlockGroupCommitTests : IDisposable
{
    private const int Requests = 8;
    private const uint Write = 1;
    private const uint Flush = 4;

    private readonly ManualResetEventSlim _writeGate = new();
    private readonly TaskCompletionSource _flushGate = new();
    private readonly RecordingStorage _storage;
    private readonly TestBus _bus;
    private readonly List<ulong> _statuses = [];

    public BlockGroupCommitTests()
    {
        _storage = new RecordingStorage(BlockKind.NewImage()) { WriteGate = _writeGate, FlushGate = _flushGate };
        _bus = new TestBus(new BlockDevice(_storage));
    }

    public void Dispose()
    {
        _writeGate.Set();
        _flushGate.TrySetResult();
        _bus.Dispose();
        _writeGate.Dispose();
    }

    [Fact]
    [Requirement("BLK-DUR-1")]
    public void Writes_of_one_batch_that_must_be_durable_share_one_flush()
    {
        MmioDriver driver = _bus.Driver();
        DriverQueue queue = driver.Start(driver.OfferedFeatures & BlockRequests.WithoutFlush).Queue();
        OfferOneBatch(queue, Write);

        Assert.True(SpinWait.SpinUntil(() => _storage.Calls.EndsWith("flush", StringComparison.Ordinal), DriverExtensions.Patience));
        Assert.False(queue.TryCollect(out _));
        _flushGate.SetResult();
        AssertEnded(queue, BlockResult.Ok);
        Assert.Equal(string.Concat(Enumerable.Repeat("write ", Requests + 1)) + "flush flushed", _storage.Calls);
    }

    [Fact]
    [Requirement("BLK-DUR-3")]
    public void Flushes_of_one_batch_share_one_flush()
    {
        DriverQueue queue = _bus.Driver().Start().Queue();
        OfferOneBatch(queue, Flush);

        Assert.True(SpinWait.SpinUntil(() => _storage.Calls == "write flush", DriverExtensions.Patience));
        _flushGate.SetResult();
        AssertEnded(queue, BlockResult.Ok);
        Assert.Equal("write flush flushed", _storage.Calls);
    }

    [Fact]
    [Requirement("BLK-DUR-1")]
    public void A_flush_that_fails_is_an_error_of_every_write_that_shared_it()
    {
        _storage.FlushFails = true;
        _flushGate.SetResult();
        MmioDriver driver = _bus.Driver();
        DriverQueue queue = driver.Start(driver.OfferedFeatures & BlockRequests.WithoutFlush).Queue();
        OfferOneBatch(queue, Write);

        AssertEnded(queue, BlockResult.IoError);
        _storage.FlushFails = false;
    }

    [Fact]
    public void A_reset_ends_the_wait_for_a_flush_that_does_not_end()
    {
        MmioDriver driver = _bus.Driver();
        DriverQueue queue = driver.Start(driver.OfferedFeatures & BlockRequests.WithoutFlush).Queue();
        OfferOneBatch(queue, Write);
        Assert.True(SpinWait.SpinUntil(() => _storage.Calls.EndsWith("flush", StringComparison.Ordinal), DriverExtensions.Patience));

        driver.Reset();

        Assert.DoesNotContain("flushed", _storage.Calls, StringComparison.Ordinal);
    }

    // The first write keeps the worker busy until the others are in the ring, so that it takes them in one batch.
    private void OfferOneBatch(DriverQueue queue, uint type)
    {
        Offer(queue, Write);
        queue.Kick();
        for (int i = 0; i < Requests; i++)
            Offer(queue, type);
        queue.Kick();
        _writeGate.Set();
    }

    private void Offer(DriverQueue queue, uint type)
    {
        ulong status = _bus.Place([(byte)BlockResult.None]);
        _statuses.Add(status);
        DriverBuffer header = DriverBuffer.Readable(_bus.Place(BlockKind.Header(type, 0)), 16);
        if (type == Write)
            queue.Offer(
                header,
                DriverBuffer.Readable(_bus.Place(new byte[BlockKind.SectorSize]), BlockKind.SectorSize),
                DriverBuffer.Writable(status, 1));
        else
            queue.Offer(header, DriverBuffer.Writable(status, 1));
    }

    private void AssertEnded(DriverQueue queue, BlockResult result)
    {
        for (int i = 0; i < Requests + 1; i++)
            queue.Collect();
        Assert.All(_statuses, status => Assert.Equal((byte)result, _bus.Read(status, 1)[0]));
    }
}
