using System.Net.Sockets;

namespace Virtio.Cli.Consoles;

/// <summary>
/// Both directions of the client that is connected at the moment. A read waits for the next client. A write does not wait without a client,
/// and keeps the last bytes for the next one, so that the guest runs on.
/// </summary>
internal sealed class ClientStream : AsynchronousStream
{
    private const int BacklogLength = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Backlog _backlog = new(BacklogLength);

    // Completes with the client that is attached; replaced when that is detached. Under _gate.
    private TaskCompletionSource<NetworkStream> _came = Pending<NetworkStream>();

    // Completes when the attached client is detached. Under _gate.
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
            // The client disconnected while it was sent the backlog.
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
                // Handled like the end of the connection.
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

    // A client is attached only when the backlog is empty, so that new bytes cannot overtake old ones.
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
