using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// A descriptor of this process as a stream of bytes, at the file position that it shares with other processes. It suits standard input and
/// output: a terminal, a pipe, a file, blocking or not. A read and a write may run at the same time. Cancelling a call ends it at once and
/// for good: every later call in that direction is cancelled too. The descriptor stays open after disposal. An <see cref="IOException"/>
/// has the error number as its <see cref="Exception.HResult"/>.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DescriptorStream : Stream
{
    // The number of bytes that a pipe takes without blocking once poll reports it writable (PIPE_BUF).
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
    /// Whether this process inherited a descriptor. Where a standard descriptor was closed at the start, the first file that the runtime
    /// opens for itself gets its number.
    /// </summary>
    public static bool IsInherited(int descriptor)
    {
        // The runtime opens its files with close-on-exec. An inherited descriptor passed an exec, so it does not have that flag.
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

    /// <summary>Does nothing: no bytes are buffered.</summary>
    public override void Flush()
    {
    }

    /// <summary>Does nothing: no bytes are buffered.</summary>
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
