using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// A descriptor of this process as a stream of bytes, at the position that it shares with other processes, as standard input and output need it: a
/// terminal, a pipe, a file, non-blocking or not. Reading and writing may go on at the same time. Cancelling a call ends it at once, and for good: every later call of that
/// direction is cancelled too. The descriptor stays open. An <see cref="IOException"/> has the number of the error as its <see cref="Exception.HResult"/>.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DescriptorStream : Stream
{
    // What a pipe that polls as writable takes without blocking (PIPE_BUF).
    private const int PieceLength = 4096;

    private readonly int _descriptor;
    private readonly FileAccess _access;
    private readonly EventDescriptor _readCancelled = new();
    private readonly EventDescriptor _writeCancelled = new();

    /// <summary>Makes a stream of a descriptor.</summary>
    /// <param name="descriptor">An open descriptor.</param>
    /// <param name="access">What the stream is used for.</param>
    /// <exception cref="IOException">The process has too many descriptors open.</exception>
    public DescriptorStream(int descriptor, FileAccess access)
    {
        _descriptor = descriptor;
        _access = access;
    }

    /// <summary>
    /// Whether a descriptor came from whoever started the process. A standard one that was closed at the start is soon something else: the first file
    /// that the runtime opens for itself gets its number.
    /// </summary>
    public static bool IsInherited(int descriptor)
    {
        // Whatever the runtime opens does not outlive an exec; what came through one cannot have that flag.
        int flags = DescriptorCalls.Control(descriptor, DescriptorCalls.GetFlags);
        return flags >= 0 && (flags & DescriptorCalls.ClosesOnExec) == 0;
    }

    /// <inheritdoc/>
    public override bool CanRead => _access.HasFlag(FileAccess.Read);

    /// <inheritdoc/>
    public override bool CanWrite => _access.HasFlag(FileAccess.Write);

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            Wait(PollEntry.Readable, _readCancelled);
            nint count = DescriptorCalls.Read(_descriptor, buffer, (nuint)buffer.Length);
            if (count >= 0)
                return (int)count;
            ThrowUnlessTransient();
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            Wait(PollEntry.Writable, _writeCancelled);
            nint count = DescriptorCalls.Write(_descriptor, buffer, (nuint)Math.Min(buffer.Length, PieceLength));
            if (count < 0)
                ThrowUnlessTransient();
            else
                buffer = buffer[(int)count..];
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(Cancel, _readCancelled);
        return await Task.Run(() => Read(buffer.Span), CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(Cancel, _writeCancelled);
        await Task.Run(() => Write(buffer.Span), CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Nothing is held back, so there is nothing to do.</summary>
    public override void Flush()
    {
    }

    /// <summary>Nothing is held back, so there is nothing to do.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _readCancelled.Dispose();
            _writeCancelled.Dispose();
        }

        base.Dispose(disposing);
    }

    private static void Cancel(object? cancelled) => ((EventDescriptor)cancelled!).Add();

    private static void ThrowUnlessTransient()
    {
        int error = Marshal.GetLastPInvokeError();
        if (error is not (DescriptorCalls.Interrupted or DescriptorCalls.TryAgain))
            throw new IOException(new Win32Exception(error).Message, error);
    }

    private void Wait(short events, EventDescriptor cancelled)
    {
        bool added = false;
        try
        {
            cancelled.Handle.DangerousAddRef(ref added);
            Span<PollEntry> entries =
            [
                new PollEntry { Descriptor = _descriptor, Events = events },
                new PollEntry { Descriptor = (int)cancelled.Handle.DangerousGetHandle(), Events = PollEntry.Readable },
            ];
            while (DescriptorCalls.Poll(entries, (nuint)entries.Length, milliseconds: -1) < 0)
                ThrowUnlessTransient();
            if (entries[1].Happened != 0)
                throw new OperationCanceledException();
        }
        finally
        {
            if (added)
                cancelled.Handle.DangerousRelease();
        }
    }
}
