using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues.Model;

/// <summary>Does the same operations on a real queue and on its model, and compares all that can be seen.</summary>
internal sealed class QueueSession : IDisposable
{
    private const int MaximumPieces = 4;
    private const int PieceLength = 16;

    private readonly VirtioFeatures _features;
    private readonly PlayedDevice _device;
    private readonly TestBus _bus;
    private readonly ulong _buffer;
    private readonly List<(ModelChain Model, DescriptorChain Real)> _held = [];

    // The queue and its model. Both are replaced at each reset of the queue. All fields belong to the test's thread.
    private DriverQueue _driver;
    private QueueModel _model;

    // Whether the driver must kick for a new chain. After one kick, and while the device suppresses kicks, it need not.
    private bool _kicksWanted = true;

    // Whether the driver has offered a chain since its last kick.
    private bool _offeredSinceKick;

    internal QueueSession(VirtioFeatures features, int size)
    {
        _features = features;
        _device = new PlayedDevice((ushort)size) { RingFeatures = features | VirtioFeatures.RingReset };
        _bus = new TestBus(_device);
        _buffer = _bus.Allocator.Allocate(2 * MaximumPieces * PieceLength);
        _driver = _bus.Driver().Start().Queue();
        _model = new QueueModel(features, size);
    }

    public void Dispose() => _bus.Dispose();

    internal void Do(int operation, int choice)
    {
        switch (operation)
        {
            case 0 or 1 or 2:
                for (int i = 0; i <= choice % 5; i++)
                    Offer(unchecked(choice + (i * 7919)));
                break;
            case 3 or 4:
                for (int i = 0; i <= choice % 6; i++)
                    Take();
                break;
            case 5 or 6:
                for (int i = 0; i <= choice % 4; i++)
                    Complete(unchecked(choice + i));
                break;
            case 7 or 8:
                Publish();
                break;
            case 9 or 10:
                for (int i = 0; i <= choice % 6; i++)
                    Collect();
                break;
            case 11:
                Kick();
                break;
            case 12:
                SetInterrupts(choice);
                break;
            case 13:
                SetKicks(choice);
                break;
            case 14 when choice % 4 == 0:
                GoOnFromState();
                break;
            case 15 when choice % 8 == 0:
                Restart(choice / 8);
                break;
        }
    }

    private void Offer(int choice)
    {
        bool indirect = _features.HasFlag(VirtioFeatures.IndirectDescriptors) && choice % 3 == 0;
        int readable = (choice / 3) % (MaximumPieces + 1);
        int writable = Math.Max(readable == 0 ? 1 : 0, (choice / 15) % (MaximumPieces + 1));
        bool malformed = (choice / 75) % 16 == 0;
        var buffers = new DriverBuffer[readable + writable];
        for (int i = 0; i < buffers.Length; i++)
            buffers[i] = new DriverBuffer(_buffer + (ulong)(i * PieceLength), PieceLength, i >= readable);
        if (malformed)
            buffers[^1] = buffers[^1] with { Length = 0 };
        int descriptors = indirect ? 1 : buffers.Length;
        bool fits = descriptors <= _model.FreeDescriptors;
        Assert.Equal(fits, _driver.TryOffer(buffers, out ushort id, indirect));
        if (!fits)
            return;
        _offeredSinceKick = true;
        _model.Offer(new ModelChain
        {
            Id = id,
            Descriptors = descriptors,
            Readable = readable * PieceLength,
            Writable = writable * PieceLength,
            IsMalformed = malformed,
        });
    }

    private void Take()
    {
        ModelChain? expected = _model.Take();
        bool taken = _device.Queue.TryDequeue(out DescriptorChain chain);
        Assert.Equal(expected is not null, taken);
        if (expected is null)
            return;
        Assert.Equal(expected.Readable, chain.Reader.Remaining);
        Assert.Equal(expected.Writable, chain.Writer.Remaining);
        _held.Add((expected, chain));
    }

    private void Complete(int choice)
    {
        if (_held.Count == 0)
            return;
        int index = choice % _held.Count;
        (ModelChain model, DescriptorChain real) = _held[index];
        _held.RemoveAt(index);
        uint written = (uint)(choice % 3 == 0 ? model.Writable : (choice / 3) % (model.Writable + 1));
        real.Complete(written);
        _model.Complete(model, written);
    }

    private void Publish()
    {
        long before = _bus.Driver().Interrupt.Raised;
        _bus.Driver().Acknowledge(InterruptBits.UsedBuffer);
        bool? expected = _model.Publish();
        _device.Queue.Publish();
        Assert.Equal(expected, _bus.Driver().Interrupt.Raised > before);
    }

    private void Collect()
    {
        ModelChain? expected = _model.Collect();
        Assert.Equal(expected is not null, _driver.TryCollect(out UsedBuffer used));
        if (expected is not null)
            Assert.Equal(new UsedBuffer(expected.Id, expected.Written), used);
    }

    private void Kick()
    {
        bool kicked = _driver.Kick();
        if (!_offeredSinceKick)
            Assert.False(kicked);
        else if (_kicksWanted)
            Assert.True(kicked);
        if (kicked)
            _kicksWanted = false;
        _offeredSinceKick = false;
    }

    private void SetInterrupts(int choice)
    {
        if (choice % 3 == 0)
        {
            _driver.DisableInterrupts();
            _model.DisableInterrupts();
        }
        else if (choice % 3 == 1 && _features.HasFlag(VirtioFeatures.EventIndex))
        {
            int after = (choice / 3) % _driver.Size;
            _driver.EnableInterruptsAfter(after);
            _model.EnableInterruptsAfter(after);
        }
        else
        {
            _driver.EnableInterrupts();
            _model.EnableInterruptsAfter(0);
        }
    }

    private void SetKicks(int choice)
    {
        if (choice % 2 == 0)
        {
            _device.Queue.SuppressKicks();
            _kicksWanted = false;
            return;
        }

        // The driver does not kick for chains offered before; it kicks for those offered from now on.
        Assert.Equal(_model.HasOffered, _device.Queue.RequestKicks());
        _kicksWanted = !_model.HasOffered && !_offeredSinceKick;
    }

    private void GoOnFromState()
    {
        while (_held.Count > 0)
            Complete(0);
        Publish();
        using var suspending = Task.Run(() => _bus.Mmio.SuspendQueue(0, 0, DriverExtensions.Patience));

        // The next call of Publish notices that no chain is left.
        Assert.True(SpinWait.SpinUntil(() => !_device.Queue.Publish() && suspending.IsCompleted, DriverExtensions.Patience));
        Assert.True(_bus.Mmio.ResumeQueue(0, 0, suspending.Result!.Value));
        _kicksWanted = false;
    }

    private void Restart(int choice)
    {
        _held.ForEach(pair => pair.Real.Complete(0));
        _held.Clear();
        _bus.Driver().ResetQueue(0);
        int size = 1 + (choice % 40);
        if (!_features.HasFlag(VirtioFeatures.RingPacked))
            size = 1 << (size % 7);
        size = Math.Min(size, _device.QueueSizes[0]);
        _driver = _bus.Driver().SetUpQueue(0, size);
        _model = new QueueModel(_features, size);
        _kicksWanted = true;
        _offeredSinceKick = false;
    }
}
