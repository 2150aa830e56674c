namespace Virtio.Vmm.Boards.Serial;

/// <summary>
/// Feeds a host's stream to a serial port as fast as the guest reads it: at most one small block is read ahead;
/// the rest stays in the stream.
/// </summary>
internal sealed class SerialInput : IAsyncDisposable
{
    /// <summary>The time after which disposal abandons a read that does not obey its cancellation, such as a terminal's.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromMilliseconds(200);

    private readonly Stream _stream;
    private readonly Uart16550 _uart;
    private readonly Action<Exception> _onFailure;
    private readonly SemaphoreSlim _room = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pump;

    /// <summary>Starts to read a stream, which the caller keeps owning.</summary>
    public SerialInput(Stream stream, Uart16550 uart, Action<Exception> onFailure)
    {
        _stream = stream;
        _uart = uart;
        _onFailure = onFailure;
        uart.ReceiveRoomMade = OnRoomMade;
        _pump = Task.Run(PumpAsync);
    }

    /// <summary>Stops reading. A byte that was read from the stream and not yet by the guest is lost.</summary>
    public async ValueTask DisposeAsync()
    {
        _uart.ReceiveRoomMade = null;
        await StreamCancellation.CancelAsync(_stop).ConfigureAwait(false);
        await Task.WhenAny(_pump, Task.Delay(StopTime)).ConfigureAwait(false);
    }

    private void OnRoomMade()
    {
        try
        {
            _room.Release();
        }
        catch (SemaphoreFullException)
        {
            // The signal is already set and the task has not consumed it yet.
        }
    }

    private async Task PumpAsync()
    {
        var block = new byte[256];
        try
        {
            while (true)
            {
                var length = await _stream.ReadAsync(block, _stop.Token).ConfigureAwait(false);

                // A stream that ignores its cancellation may return long after the machine has gone.
                if (length == 0 || _stop.IsCancellationRequested)
                    return;

                var pending = block.AsMemory(0, length);
                while (!pending.IsEmpty)
                {
                    pending = pending[_uart.Receive(pending.Span)..];
                    if (!pending.IsEmpty)
                        await _room.WaitAsync(_stop.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposal asked the task to stop.
        }
        catch (Exception failure)
        {
            _onFailure(failure);
        }
    }
}
