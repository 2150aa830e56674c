using System.Diagnostics.CodeAnalysis;
using Virtio.Queues;

namespace Virtio.Devices.Console;

/// <summary>
/// From the input stream to the receive queue. A loop reads ahead into a bounded buffer, and the queue's worker moves the bytes into the
/// driver's chains. Bytes leave the buffer only when their chains are published, so a reset loses none of them.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without a timer or a wait handle holds nothing to dispose.")]
internal sealed class ConsoleInput
{
    private const int Capacity = 64 * 1024;

    private readonly ConsoleBuffer _buffer = new(Capacity);
    private readonly AsyncSignal _room = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Stream? _stream;
    private readonly Action _wake;
    private readonly Action<Exception> _failed;
    private readonly Lock _gate = new();

    // The reading, once it has started. Guarded by the lock.
    private Task? _loop;

    /// <param name="stream">Where the bytes come from; null for nowhere.</param>
    /// <param name="wake">Wakes the worker of the receive queue, where there is one.</param>
    /// <param name="failed">Called when the stream fails.</param>
    internal ConsoleInput(Stream? stream, Action wake, Action<Exception> failed)
    {
        _stream = stream;
        _wake = wake;
        _failed = failed;
    }

    /// <summary>The bytes that were read and not yet delivered.</summary>
    internal ConsoleBuffer Buffer => _buffer;

    /// <summary>
    /// Starts the reading, if it has not started. Before the guest takes input, the bytes are better kept by the stream.
    /// </summary>
    internal void Start()
    {
        lock (_gate)
            _loop ??= _stream is null || _closing.IsCancellationRequested ? Task.CompletedTask : ReadAsync(_stream);
    }

    /// <summary>Ends the reading. The task ends when the stream is not used any more.</summary>
    internal Task CloseAsync()
    {
        _closing.Cancel();
        _room.Set();
        lock (_gate)
            return _loop ?? Task.CompletedTask;
    }

    private async Task ReadAsync(Stream input)
    {
        // Not on the caller's thread: a stream may block in ReadAsync, and the caller may be a processor.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (!_closing.IsCancellationRequested)
            {
                Memory<byte> room = _buffer.Room;
                if (room.IsEmpty)
                {
                    await _room.WaitAsync().ConfigureAwait(false);
                    continue;
                }

                int count = await input.ReadAsync(room, _closing.Token).ConfigureAwait(false);
                if (count == 0)
                    return;
                _buffer.Commit(count);
                _wake();
            }
        }
        catch (Exception e)
        {
            if (!_closing.IsCancellationRequested)
                _failed(e);
        }
    }

    /// <summary>Moves what fits into the driver's chains; true when bytes are left and a chain is missing.</summary>
    internal bool Deliver(Virtqueue queue)
    {
        int delivered = 0;
        bool needsChain = false;
        while (delivered < _buffer.Count)
        {
            if (!queue.TryDequeue(out DescriptorChain chain))
            {
                needsChain = true;
                break;
            }

            delivered += Fill(chain, delivered);
        }

        // A queue that is being stopped publishes nothing. The bytes stay in the buffer and are delivered again after the reset.
        if (queue.Publish() && delivered > 0)
        {
            _buffer.Consume(delivered);
            _room.Set();
        }

        return needsChain;
    }

    private int Fill(DescriptorChain chain, int skip)
    {
        int total = 0;
        while (chain.Writer.TryGetSpan(out Span<byte> room))
        {
            int count = _buffer.CopyTo(skip + total, room);
            if (count == 0)
                break;
            chain.Writer.Advance(count);
            total += count;
        }

        chain.Complete();
        return total;
    }
}
