using System.Diagnostics.CodeAnalysis;
using Virtio.Queues;

namespace Virtio.Devices.Console;

/// <summary>
/// From the transmit queue to the output stream. The queue's worker copies the driver's bytes into a bounded buffer, and a loop writes them
/// to the stream. A stream that blocks holds up the worker only until the queue is stopped or drained, so it can hang neither a reset nor a
/// pause.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without a timer or a wait handle holds nothing to dispose.")]
internal sealed class ConsoleOutput
{
    private const int Capacity = 64 * 1024;

    // Room for the rest of a chain when the queue is drained and must not wait. More than drivers put into one chain.
    private const int Reserve = 64 * 1024;

    private readonly ConsoleBuffer _buffer = new(Capacity, Reserve);
    private readonly AsyncSignal _work = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly Action<Exception> _failed;
    private readonly Task _loop;
    private TaskCompletionSource? _flushed;
    private bool _ended;

    internal ConsoleOutput(Stream? stream, Action<Exception> failed)
    {
        _failed = failed;
        _loop = WriteAsync(stream);
    }

    /// <summary>Takes one character without waiting: it comes from a processor. Lost when the buffer is full.</summary>
    internal void WriteAtOnce(byte character)
    {
        _buffer.Write([character]);
        _work.Set();
    }

    /// <summary>Waits until everything taken so far is in the stream, or the stream was given up.</summary>
    internal Task FlushAsync(CancellationToken cancellationToken)
    {
        Task flushed;
        lock (_gate)
        {
            if (_ended)
                return Task.CompletedTask;
            _flushed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            flushed = _flushed.Task;
        }

        _work.Set();
        return flushed.WaitAsync(cancellationToken);
    }

    /// <summary>Ends the writing. The task ends when the stream is not used any more.</summary>
    internal Task CloseAsync()
    {
        _closing.Cancel();

        // At once, not when the stream ends its last write: a worker that waits for room serves the next port of this number.
        _buffer.Discard();
        _work.Set();
        return _loop;
    }

    internal void Take(DescriptorChain chain, CancellationToken stopping) => Take(chain, () => false, stopping);

    /// <summary>
    /// Takes a chain's bytes and completes it. Waits while the buffer is full, until the queue is stopped or drained.
    /// </summary>
    internal void Take(DescriptorChain chain, Func<bool> isDraining, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && chain.Reader.TryGetSpan(out ReadOnlySpan<byte> bytes))
        {
            // While the queue is drained, what does not fit into the reserve is lost: a very large chain, or many drains of a stuck stream.
            bool isHurried = isDraining();
            int count = _buffer.Write(bytes, isHurried);
            chain.Reader.Advance(isHurried ? bytes.Length : count);
            _work.Set();
            if (count < bytes.Length && !isHurried)
                _buffer.WaitForRoom(isDraining, stopping);
        }

        chain.Complete(0);
    }

    private async Task WriteAsync(Stream? output)
    {
        try
        {
            if (output is null)
                return;
            bool written = false;
            while (!_closing.IsCancellationRequested)
            {
                ReadOnlyMemory<byte> pending = _buffer.Pending;
                if (!pending.IsEmpty)
                {
                    await output.WriteAsync(pending, _closing.Token).ConfigureAwait(false);
                    _buffer.Consume(pending.Length);
                    written = true;
                }
                else if (written)
                {
                    await output.FlushAsync(_closing.Token).ConfigureAwait(false);
                    written = false;
                }
                else
                {
                    TellFlushed();
                    await _work.WaitAsync().ConfigureAwait(false);
                }
            }
        }
        catch (Exception e)
        {
            if (!_closing.IsCancellationRequested)
                _failed(e);
        }
        finally
        {
            End();
        }
    }

    private void TellFlushed()
    {
        lock (_gate)
        {
            // More came in since the buffer was seen empty, perhaps before the call of FlushAsync.
            if (_buffer.Count > 0)
                return;
            _flushed?.SetResult();
            _flushed = null;
        }
    }

    private void End()
    {
        _buffer.Discard();
        lock (_gate)
        {
            _ended = true;
            _flushed?.SetResult();
            _flushed = null;
        }
    }
}
