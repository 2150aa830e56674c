using Virtio.Storage;

namespace Virtio.Tests.Testbed;

/// <summary>Storage that records its calls, and can hold or fail its flushes.</summary>
internal sealed class RecordingStorage(byte[] image) : IWritableBlockStorage
{
    private readonly List<string> _calls = [];

    public long Length => image.Length;

    public bool CanWrite => true;

    /// <summary>When set, a flush waits for it.</summary>
    internal TaskCompletionSource? FlushGate { get; init; }

    /// <summary>When set, a write blocks its thread until the event is set.</summary>
    internal ManualResetEventSlim? WriteGate { get; init; }

    internal bool FlushFails { get; set; }

    internal byte[] Image => image;

    internal string Calls
    {
        get
        {
            lock (_calls)
                return string.Join(' ', _calls);
        }
    }

    public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        Note("read");
        foreach (Memory<byte> buffer in buffers)
        {
            image.AsSpan((int)offset, buffer.Length).CopyTo(buffer.Span);
            offset += buffer.Length;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        WriteGate?.Wait(DriverExtensions.Patience, cancellationToken);
        foreach (ReadOnlyMemory<byte> buffer in buffers)
        {
            buffer.Span.CopyTo(image.AsSpan((int)offset));
            offset += buffer.Length;
        }

        Note("write");
        return ValueTask.CompletedTask;
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        Note("flush");
        if (FlushGate is not null)
            await FlushGate.Task.WaitAsync(DriverExtensions.Patience, cancellationToken).ConfigureAwait(false);
        if (FlushFails)
            throw new IOException("the medium is gone");
        Note("flushed");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Note(string call)
    {
        lock (_calls)
            _calls.Add(call);
    }
}
