using System.Diagnostics.CodeAnalysis;
using Virtio.Queues;

namespace Virtio.Devices.Console;

/// <summary>
/// From the input stream to the receive queue. A loop reads ahead into a bounded buffer; the queue's worker empties it into the driver's chains. Bytes
/// leave the buffer only when their chains are published, so a reset loses none of them.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without a timer or a wait handle holds nothing to dispose.")]
internal sealed class ConsoleInput : IDisposable
{
    private const int Capacity = 64 * 1024;

    // From a driver's last output, which a kernel may write in the midst of registering its console, to the end of that.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    private readonly ConsoleBuffer _buffer = new(Capacity);
    private readonly AsyncSignal _room = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Stream? _stream;
    private readonly TimeSpan _hold;
    private readonly Action<Exception> _failed;
    private readonly Timer _release;
    private volatile QueueWorker? _worker;
    private volatile bool _held;
    private long? _firstOutput;
    private Task? _loop;

    internal ConsoleInput(Stream? stream, TimeSpan hold, Action<Exception> failed)
    {
        _stream = stream;
        _hold = hold;
        _failed = failed;
        _release = new Timer(_ => Release());
    }

    /// <summary>What was read and is not yet the driver's.</summary>
    internal ConsoleBuffer Buffer => _buffer;

    public void Dispose() => _release.Dispose();

    /// <summary>The driver has written something: it is about to be ready for input.</summary>
    internal void DriverWrote()
    {
        if (!_held)
            return;
        long now = Environment.TickCount64;
        _firstOutput ??= now;

        // A kernel may write its whole log in the midst of registering its console: the end of that counts. But a driver that writes without pause must
        // not put its input off for ever.
        if (now - _firstOutput < _hold.TotalMilliseconds)
            _release.Change(Settling < _hold ? Settling : _hold, Timeout.InfiniteTimeSpan);
    }

    internal void StartQueue(Virtqueue queue, DeviceActivation activation)
    {
        // Nothing is read before there is a driver: until then the bytes are better kept by whoever writes them.
        _loop ??= _stream is null ? Task.CompletedTask : ReadAsync(_stream);
        _held = _hold > TimeSpan.Zero;
        _firstOutput = null;
        if (_held)
            _release.Change(_hold, Timeout.InfiniteTimeSpan);
        _worker = QueueWorker.StartHostDriven("virtio-console-in", queue, activation, Deliver);

        // The worker may have looked before the loop, and the loop may have looked for the worker before it was assigned.
        _worker.Wake();
    }

    internal void StopQueue()
    {
        _worker?.Stop();
        _worker = null;
    }

    /// <summary>Ends the reading. The task is over when the stream is used no more.</summary>
    internal Task CloseAsync()
    {
        StopQueue();
        _closing.Cancel();
        _room.Set();
        Dispose();
        return _loop ?? Task.CompletedTask;
    }

    private async Task ReadAsync(Stream input)
    {
        // Away from the caller, a processor that starts the device: a stream may well block in ReadAsync.
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
                _worker?.Wake();
            }
        }
        catch (Exception e)
        {
            if (!_closing.IsCancellationRequested)
                _failed(e);
        }
    }

    private void Release()
    {
        _held = false;
        _worker?.Wake();
    }

    internal bool Deliver(Virtqueue queue)
    {
        if (_held)
            return false;
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

        // A queue that is being stopped publishes nothing: what its chains hold is then delivered again, after the reset.
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
