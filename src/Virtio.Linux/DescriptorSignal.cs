using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;
using Virtio.Queues;

namespace Virtio.Linux;

/// <summary>
/// A queue's signal that another process gives, through an eventfd or a pipe that it has sent, and that may be another one at any time. It is not trusted: whatever
/// it does with its end, no wait outlasts a <see cref="Set"/>, and what has ended is not looked at again. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DescriptorSignal : QueueSignal
{
    private readonly EventSignal _own = new();
    private readonly PollEntry[] _entries = new PollEntry[2];
    private SafeFileHandle? _source;
    private SafeFileHandle? _ended;
    private int _interval = Timeout.Infinite;

    /// <summary>What the other process signals with; null for none. It belongs to this object from now on, and the one before is closed.</summary>
    public SafeFileHandle? Source
    {
        get => Volatile.Read(ref _source);
        set
        {
            SafeFileHandle? before = Interlocked.Exchange(ref _source, value);

            // Who waits has a reference while it does.
            before?.Dispose();
            Set();
        }
    }

    /// <summary>How long a wait may last while there is no <see cref="Source"/>: who could signal then does not. Infinite at first.</summary>
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
            // It was replaced since it was read, which sets the signal.
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

    /// <summary>Waits for either; true when it was this process.</summary>
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

    /// <summary>Takes what is there. Not by a plain read: somebody else could have taken it since, and the read would wait.</summary>
    private static bool TryTake(SafeFileHandle source)
    {
        nint count = DescriptorMessages.TryRead(source, stackalloc byte[sizeof(ulong)]);
        return count > 0 || (count < 0 && Marshal.GetLastPInvokeError() is DescriptorCalls.TryAgain or DescriptorCalls.Interrupted);
    }
}
