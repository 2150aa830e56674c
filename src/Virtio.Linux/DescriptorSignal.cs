using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;
using Virtio.Queues;

namespace Virtio.Linux;

/// <summary>
/// A queue's signal that another process sets, through an eventfd or a pipe that it has sent and may replace at any time. The other process
/// is not trusted: nothing it does with its end can extend a wait, because a <see cref="Set"/> ends every wait. A descriptor that has ended
/// is not polled again. Thread-safe; one thread waits.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DescriptorSignal : QueueSignal
{
    // Set by this process.
    private readonly EventSignal _own = new();

    // For poll. Owned by the waiting thread.
    private readonly PollEntry[] _entries = new PollEntry[2];

    // What the other process signals with; null for none. Replaced and read by any thread.
    private SafeFileHandle? _source;

    // The last source that could not be read. Owned by the waiting thread.
    private SafeFileHandle? _ended;

    // How long a wait may last without a source, in milliseconds; -1 for any time. Written and read by any thread.
    private int _interval = Timeout.Infinite;

    /// <summary>What the other process signals with; null for none. This object owns it, and closes the one before.</summary>
    public SafeFileHandle? Source
    {
        get => Volatile.Read(ref _source);
        set
        {
            SafeFileHandle? before = Interlocked.Exchange(ref _source, value);

            // A waiting thread holds a reference, so the descriptor is closed after its wait.
            before?.Dispose();
            Set();
        }
    }

    /// <summary>
    /// How long a wait may last while there is no <see cref="Source"/>, so that a ring without notifications is polled. Infinite at first.
    /// </summary>
    public TimeSpan Interval
    {
        get => TimeSpan.FromMilliseconds(Volatile.Read(ref _interval));
        set => Volatile.Write(ref _interval, (int)value.TotalMilliseconds);
    }

    /// <inheritdoc/>
    public override void Set() => _own.Set();

    /// <inheritdoc/>
    public override void Wait()
    {
        SafeFileHandle? source = Source;
        bool held = false;
        try
        {
            source?.DangerousAddRef(ref held);
            if (!Wait(held && source != _ended ? source : null))
                return;
        }
        catch (ObjectDisposedException)
        {
            // Replaced after it was read here. The replacement sets the signal.
            return;
        }
        finally
        {
            if (held)
                source!.DangerousRelease();
        }

        _own.Wait();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Interlocked.Exchange(ref _source, null)?.Dispose();
        _own.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Waits for either signal.</summary>
    /// <returns>Whether this process has set the signal.</returns>
    private bool Wait(SafeFileHandle? source)
    {
        _entries[0] = new PollEntry { Descriptor = (int)_own.Handle.DangerousGetHandle(), Events = PollEntry.Readable };
        _entries[1] = new PollEntry { Descriptor = (int)(source?.DangerousGetHandle() ?? -1), Events = PollEntry.Readable };
        if (DescriptorCalls.Poll(_entries, 2, source is null ? Volatile.Read(ref _interval) : Timeout.Infinite) <= 0)
            return false;
        if (source is not null && _entries[1].Happened != 0 && !TryTake(source))
            _ended = source;
        return _entries[0].Happened != 0;
    }

    /// <summary>Reads what is there, without blocking: another process may have read it first.</summary>
    private static bool TryTake(SafeFileHandle source)
    {
        nint count = DescriptorMessages.TryRead(source, stackalloc byte[sizeof(ulong)]);
        return count > 0 || (count < 0 && Marshal.GetLastPInvokeError() is DescriptorCalls.TryAgain or DescriptorCalls.Interrupted);
    }
}
