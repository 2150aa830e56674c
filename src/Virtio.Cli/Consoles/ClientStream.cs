using System.Net.Sockets;

namespace Virtio.Cli.Consoles;

/// <summary>
/// Both directions of whoever is connected at the moment. Reading waits for the next client; writing does not, but keeps the last bytes for it, so that
/// a guest runs on when nobody looks.
/// </summary>
internal sealed class ClientStream : AsynchronousStream
{
    private const int BacklogLength = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Backlog _backlog = new(BacklogLength);
    private TaskCompletionSource<NetworkStream> _came = Pending<NetworkStream>();
    private TaskCompletionSource<NetworkStream> _left = Pending<NetworkStream>();

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>Serves one client until it leaves.</summary>
    internal async Task ServeAsync(NetworkStream client, CancellationToken cancellationToken)
    {
        try
        {
            Task<NetworkStream>? left;
            while ((left = TryAttach(client, out byte[] unseen)) is null)
                await client.WriteAsync(unseen, cancellationToken).ConfigureAwait(false);
            await left.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It left at once.
        }
        finally
        {
            Detach(client);
            await client.DisposeAsync().ConfigureAwait(false);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            NetworkStream client = await NextClient().WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                int count = await client.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (count > 0)
                    return count;
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // As good as its end.
            }

            Detach(client);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (CurrentOrKeep(buffer) is not { } client)
            return;
        try
        {
            await client.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Detach(client);
            CurrentOrKeep(buffer);
        }
    }

    private static TaskCompletionSource<T> Pending<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task<NetworkStream> NextClient()
    {
        lock (_gate)
            return _came.Task;
    }

    private NetworkStream? CurrentOrKeep(ReadOnlyMemory<byte> buffer)
    {
        lock (_gate)
        {
            if (_came.Task.IsCompleted)
                return _came.Task.Result;
            _backlog.Add(buffer.Span);
            return null;
        }
    }

    // Attached only when nothing is left to catch up with, so that old and new bytes cannot change places.
    private Task<NetworkStream>? TryAttach(NetworkStream client, out byte[] unseen)
    {
        lock (_gate)
        {
            unseen = _backlog.Take();
            if (unseen.Length > 0)
                return null;
            _left = Pending<NetworkStream>();
            _came.SetResult(client);
            return _left.Task;
        }
    }

    private void Detach(NetworkStream client)
    {
        lock (_gate)
        {
            if (!_came.Task.IsCompleted || _came.Task.Result != client)
                return;
            _came = Pending<NetworkStream>();
            _left.SetResult(client);
        }
    }
}
