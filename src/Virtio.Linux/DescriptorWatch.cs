using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// Waits for many descriptors at once, on a thread of its own that then calls whoever wants to know. Another process may have their other ends: whatever it does with
/// those, no wait is longer for it. A descriptor is removed before it is closed. Calls come one at a time, and must not throw. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DescriptorWatch : IDisposable
{
    private readonly object _gate = new();
    private readonly EventDescriptor _wake = new();
    private readonly Thread _thread;
    private Entry[] _entries = [];
    private Entry[] _watched = [];
    private bool _disposed;

    /// <summary>Starts to watch nothing yet.</summary>
    /// <param name="name">The thread's.</param>
    public DescriptorWatch(string name)
    {
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Watches an eventfd, or a pipe that is used like one, and takes what is there before each call. One that cannot be read is not watched any more.</summary>
    public void AddEvent(SafeHandle handle, Action happened) => Add(new Entry(handle, PollEntry.Readable, WatchKind.Event, happened));

    /// <summary>Watches a socket, for as long as <paramref name="readable"/> leaves something to read, or the other end is closed.</summary>
    public void AddSocket(SafeHandle handle, Action readable) => Add(new Entry(handle, PollEntry.Readable, WatchKind.Socket, readable));

    /// <summary>Waits for the other end of a socket to be closed; calls once. What can be read is somebody else's.</summary>
    public void AddEnd(SafeHandle handle, Action ended) => Add(new Entry(handle, 0, WatchKind.End, ended));

    /// <summary>Ends watching a descriptor, if it is watched: nobody is called for it any more when this returns, and it may be closed. A call may remove any, too.</summary>
    public void Remove(SafeHandle handle)
    {
        lock (_gate)
        {
            if (Array.Find(_entries, entry => entry.Handle == handle) is not { } removed)
                return;
            Forget(removed);
            _wake.Add();
            while (Thread.CurrentThread != _thread && !_disposed && Array.IndexOf(_watched, removed) >= 0)
                Monitor.Wait(_gate);
        }
    }

    /// <summary>Ends watching all of them. Not to be called by what is called here.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            Monitor.PulseAll(_gate);
            _wake.Add();
        }

        _thread.Join();
        _wake.Dispose();
    }

    private void Add(Entry entry)
    {
        ArgumentNullException.ThrowIfNull(entry.Handle);
        ArgumentNullException.ThrowIfNull(entry.Happened);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _entries = [.. _entries, entry];
            _wake.Add();
        }
    }

    private void Forget(Entry entry)
    {
        entry.IsRemoved = true;
        _entries = Array.FindAll(_entries, other => other != entry);
    }

    private void Run()
    {
        PollEntry[] polled = [];
        while (TryBegin(ref polled))
        {
            if (DescriptorCalls.Poll(polled, (nuint)polled.Length, Timeout.Infinite) < 0)
                continue;
            if (polled[0].Happened != 0)
                _wake.Take();
            for (int i = 1; i < polled.Length; i++)
            {
                if (polled[i].Happened != 0 && !_watched[i - 1].IsRemoved)
                    Call(_watched[i - 1]);
            }
        }
    }

    /// <summary>From here on what was removed before is not touched any more.</summary>
    private bool TryBegin(ref PollEntry[] polled)
    {
        lock (_gate)
        {
            if (_watched == _entries && polled.Length > 0)
                return !_disposed;
            _watched = _entries;
            Monitor.PulseAll(_gate);
            polled = [EntryOf(_wake.Handle, PollEntry.Readable), .. _watched.Select(entry => EntryOf(entry.Handle, entry.Events))];
            return !_disposed;
        }
    }

    private void Call(Entry entry)
    {
        if (entry.Kind == WatchKind.End || (entry.Kind == WatchKind.Event && !TryTake(entry)))
        {
            lock (_gate)
                Forget(entry);
        }

        if (entry.Kind == WatchKind.End || !entry.IsRemoved)
            entry.Happened();
    }

    private static bool TryTake(Entry entry) =>
        DescriptorMessages.TryRead(entry.Handle, stackalloc byte[sizeof(ulong)]) > 0 || Marshal.GetLastPInvokeError() is DescriptorCalls.TryAgain or DescriptorCalls.Interrupted;

    private static PollEntry EntryOf(SafeHandle handle, short events) => new() { Descriptor = (int)handle.DangerousGetHandle(), Events = events };

    private enum WatchKind
    {
        Event,
        Socket,
        End,
    }

    private sealed class Entry(SafeHandle handle, short events, WatchKind kind, Action happened)
    {
        internal SafeHandle Handle => handle;

        internal short Events => events;

        internal WatchKind Kind => kind;

        internal Action Happened => happened;

        internal bool IsRemoved
        {
            get => Volatile.Read(ref field);
            set => Volatile.Write(ref field, value);
        }
    }
}
