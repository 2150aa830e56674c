using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>Serves a ring on one thread and checks the chains that it gets.</summary>
internal sealed class RingDevice
{
    // Enough bytes of a piece to detect a wrong address; filling many large pieces completely would only take time.
    private const int MaximumFill = 64;

    private readonly GuestRam _ram;
    private readonly RingMemory _memory;
    private readonly VirtioFeatures _features;
    private readonly InflightMemory? _record;
    private readonly List<DescriptorChain> _held = [];
    private readonly ProcessSignal _signal = new();

    // The queue; replaced by each restart, suspension and death of the device.
    private Virtqueue _queue = null!;

    // Interrupts so far.
    private int _interrupts;

    internal RingDevice(GuestRam ram, RingMemory memory, VirtioFeatures features, InflightMemory? record = null)
    {
        _record = record;
        _ram = ram;
        _memory = memory;
        _features = features;
        memory.Clear();
        Start(QueueState.Initial);
    }

    /// <summary>Takes chains; one bit for each of eight chains says whether it is kept.</summary>
    internal void Serve(int count, byte kept)
    {
        for (int i = 0; i <= count && _queue.TryDequeue(out DescriptorChain chain); i++)
        {
            long length = ChainChecks.Use(_ram, chain, MaximumFill);
            _held.Add(chain);
            Check.That(_queue.Outstanding == _held.Count && _held.Count <= _memory.Size);
            if ((kept & (1 << (i & 7))) == 0)
                Give(_held.Count - 1, (uint)length);
        }

        Check.That(_queue.MalformedChains < 1 << 20);
    }

    internal void Complete(int which, uint length)
    {
        if (_held.Count > 0)
            Give(which % _held.Count, length);
    }

    internal void Publish()
    {
        int before = _interrupts;
        bool any = _queue.Publish();
        Check.That(_interrupts - before <= (any ? 1 : 0));
        Check.That(!_queue.Publish());
    }

    internal void RequestKicks(bool wanted)
    {
        if (wanted)
            _queue.RequestKicks();
        else
            _queue.SuppressKicks();
    }

    /// <summary>Continues the queue in another object, from its state alone.</summary>
    internal void Suspend()
    {
        CompleteAll();
        Publish();
        if (!_queue.IsBroken)
            Start(_queue.State);
    }

    internal void Restart()
    {
        Halt();
        _memory.Clear();
        Start(QueueState.Initial);
    }

    /// <summary>The device dies with all the chains that it holds, and another device continues from the ring and the record.</summary>
    internal void Die()
    {
        _memory.PermitDevice();
        _ram.AssertUntouched();
        _held.Clear();
        Start(_queue.State);
    }

    /// <summary>After a reset the device must work, and memory that it was not given must be unchanged, for any history.</summary>
    internal void AssertReset()
    {
        Halt();
        _memory.Clear();
        _record?.Clear();
        Start(QueueState.Initial);
        const ulong Buffer = GuestRam.Start + 0x2000;
        _memory.OfferValid(Buffer);
        Check.That(_queue.TryDequeue(out DescriptorChain chain));
        Check.That(chain.Reader.Remaining == 0 && chain.Writer.Remaining == 16);
        ChainChecks.Use(_ram, chain, 16);
        chain.Complete();
        Check.That(_queue.Publish() && _queue.Outstanding == 0);
        Check.That(_memory.IsValidUsed(16));
        _memory.PermitDevice();
        _ram.AssertUntouched();
    }

    private void Halt()
    {
        // The device was allowed to write the ring up to here, and is not from here on.
        _memory.PermitDevice();
        _queue.Stop();
        CompleteAll();
        Check.That(!_queue.Publish() && !_queue.TryDequeue(out _));
        _ram.AssertUntouched();
    }

    private void Start(QueueState state)
    {
        QueueConfig config = _memory.Config(_features, state);
        config = _record?.Recover(config, _ram.Memory) ?? config;
        Check.That(Virtqueue.TryCreate(config, _ram.Memory, () => _interrupts++, _signal, out Virtqueue? queue));
        _queue = queue!;
        _queue.BindToCurrentThread();
    }

    private void CompleteAll()
    {
        while (_held.Count > 0)
            Give(_held.Count - 1, 1);
        Check.That(_queue.Outstanding == 0);
    }

    private void Give(int index, uint length)
    {
        _held[index].Complete(length);
        _held.RemoveAt(index);
    }
}
