using System.Buffers;

namespace Virtio.Vmm.Boards.Serial;

/// <summary>
/// A bounded buffer between a guest's output and the host's stream.
/// A separate task drains it, so that a hart never waits for a stream. Thread-safe.
/// </summary>
internal sealed class SerialOutput : IAsyncDisposable
{
    /// <summary>The most bytes that wait for the stream.</summary>
    public const int Capacity = 64 * 1024;

    /// <summary>
    /// The time that the host's stream has to take the rest when the machine has ended: a stuck stream must not keep a VM alive.
    /// </summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(500);

    // Protects the ring in _buffer and the mutable fields below.
    private readonly Lock _lock = new();
    private readonly byte[] _buffer = new byte[Capacity];
    private readonly Stream _stream;
    private readonly Action<Exception> _onFailure;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _abandon = new();
    private readonly Task _pump;

    // The index of the oldest byte in the ring.
    private int _start;

    // Bytes in the ring.
    private int _count;

    // The machine has ended: nothing is added any more.
    private bool _completed;

    // The stream has failed: output is dropped.
    private bool _failed;

    /// <summary>Starts to copy to a stream, which the caller keeps owning.</summary>
    /// <param name="stream">Where the bytes go.</param>
    /// <param name="onFailure">Called once when the stream fails; from then on output is dropped.</param>
    public SerialOutput(Stream stream, Action<Exception> onFailure)
    {
        _stream = stream;
        _onFailure = onFailure;
        _pump = Task.Run(PumpAsync);
    }

    /// <summary>Called on a pool thread after room was made.</summary>
    public Action? RoomMade { get; set; }

    /// <summary>The number of bytes that there is room for.</summary>
    public int Room
    {
        get
        {
            lock (_lock)
                return _failed ? Capacity : Capacity - _count;
        }
    }

    /// <summary>Takes as many bytes as there is room for and returns their number; never waits.</summary>
    public int Append(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            if (_failed || _completed)
                return data.Length;

            var taken = Math.Min(data.Length, Capacity - _count);
            var end = (_start + _count) % Capacity;
            var first = Math.Min(taken, Capacity - end);
            data[..first].CopyTo(_buffer.AsSpan(end));
            data[first..taken].CopyTo(_buffer);
            _count += taken;
            Wake();
            return taken;
        }
    }

    /// <summary>Gives the stream a short time to take the rest, then ends the task.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _completed = true;
            Wake();
        }

        await Task.WhenAny(_pump, Task.Delay(DrainTime)).ConfigureAwait(false);
        await StreamCancellation.CancelAsync(_abandon).ConfigureAwait(false);
        if (_pump.IsCompleted)
        {
            _abandon.Dispose();
            _wake.Dispose();
        }
    }

    private void Wake()
    {
        if (_wake.CurrentCount == 0)
            _wake.Release();
    }

    private async Task PumpAsync()
    {
        var chunk = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            while (true)
            {
                await _wake.WaitAsync(_abandon.Token).ConfigureAwait(false);
                for (var length = Take(chunk); length > 0; length = Take(chunk))
                {
                    RoomMade?.Invoke();
                    await _stream.WriteAsync(chunk.AsMemory(0, length), _abandon.Token).ConfigureAwait(false);
                }

                await _stream.FlushAsync(_abandon.Token).ConfigureAwait(false);
                if (IsFinished)
                    return;
            }
        }
        catch (OperationCanceledException) when (_abandon.IsCancellationRequested)
        {
            // The stream did not take the rest in time. The machine has ended, so the rest is dropped.
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private bool IsFinished
    {
        get
        {
            lock (_lock)
                return _completed && _count == 0;
        }
    }

    private int Take(Span<byte> destination)
    {
        lock (_lock)
        {
            var length = Math.Min(Math.Min(_count, destination.Length), Capacity - _start);
            _buffer.AsSpan(_start, length).CopyTo(destination);
            _start = (_start + length) % Capacity;
            _count -= length;
            return length;
        }
    }

    private void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failed = true;
            _count = 0;
        }

        _onFailure(failure);
        RoomMade?.Invoke();
    }
}
