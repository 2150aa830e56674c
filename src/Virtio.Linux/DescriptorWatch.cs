using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// Waits for many descriptors on its own thread, and calls back for each that is ready. Another process may hold the other ends, and cannot
/// make a wait longer. A descriptor must be removed before it is closed. Callbacks run one at a time and must not throw. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DescriptorWatch : IDisposable
{
    // Guards the fields below; pulsed when _watched or _disposed changes.
    private readonly object _gate = new();

    // Wakes the thread when _entries or _disposed has changed.
    private readonly EventDescriptor _wake = new();
    private readonly Thread _thread;

    // The descriptors to watch; replaced, never changed. Under _gate.
    private Entry[] _entries = [];

    // The entries that the thread polls now. Written by _thread under _gate, which may read it without the lock.
    private Entry[] _watched = [];

    // Under _gate.
    private bool _disposed;

    /// <summary>Starts the thread, with nothing to watch.</summary>
    /// <param name="name">Name of the thread.</param>
    public DescriptorWatch(string name)
    {
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>
    /// Watches an eventfd, or a pipe that is used like one. The thread reads it before each call. A descriptor that cannot be read is
    /// removed.
    /// </summary>
    public void AddEvent(SafeHandle handle, Action happened) => Add(new Entry(handle, PollEntry.Readable, WatchKind.Event, happened));

    /// <summary>
    /// Watches a socket. Calls as long as there is something to read, which <paramref name="readable"/> should read, or the other end is
    /// closed.
    /// </summary>
    public void AddSocket(SafeHandle handle, Action readable) => Add(new Entry(handle, PollEntry.Readable, WatchKind.Socket, readable));

    /// <summary>Waits for the other end of a socket to be closed, and calls once. Does not read the socket.</summary>
    public void AddEnd(SafeHandle handle, Action ended) => Add(new Entry(handle, 0, WatchKind.End, ended));

    /// <summary>
    /// Removes a descriptor, if it is watched. After the return no callback for it runs, so that it may be closed. May be called by a
    /// callback.
    /// </summary>
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

    /// <summary>Removes all descriptors and ends the thread. Must not be called by a callback.</summary>
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

    /// <summary>Takes over the changed set. After that, descriptors removed before are not used any more.</summary>
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
        DescriptorMessages.TryRead(entry.Handle, stackalloc byte[sizeof(ulong)]) > 0
        || Marshal.GetLastPInvokeError() is DescriptorCalls.TryAgain or DescriptorCalls.Interrupted;

    private static PollEntry EntryOf(SafeHandle handle, short events) =>
        new() { Descriptor = (int)handle.DangerousGetHandle(), Events = events };

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
