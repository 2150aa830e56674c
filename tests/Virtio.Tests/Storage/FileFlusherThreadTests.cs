using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

/// <summary>
/// Which thread runs a sync, and which callers share it. The tests' clock determines how long each sync took, and records the thread that
/// read it.
/// </summary>
public sealed class FileFlusherThreadTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly SafeFileHandle _handle;
    private readonly SyncClock _clock = new();
    private readonly FileFlusher _flusher;

    public FileFlusherThreadTests()
    {
        _handle = File.OpenHandle(_folder.Sparse("disk", 1000), FileMode.Open, FileAccess.ReadWrite);
        _flusher = new FileFlusher("disk", _handle, NullLogger.Instance, _clock);
    }

    public void Dispose()
    {
        _clock.Gate.Set();
        _handle.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Once_syncs_are_seen_to_be_cheap_they_run_on_the_callers_thread()
    {
        await _flusher.FlushAsync();
        _clock.Threads.Clear();

        ValueTask flush = _flusher.FlushAsync();

        Assert.True(flush.IsCompletedSuccessfully);
        await flush;
        Assert.All(_clock.Threads, thread => Assert.Equal(Environment.CurrentManagedThreadId, thread));
        Assert.Equal(1, _clock.Syncs);
    }

    [Fact]
    public async Task A_sync_that_took_long_sends_the_next_ones_to_the_thread_pool()
    {
        await _flusher.FlushAsync();
        _clock.Duration = TimeSpan.FromMilliseconds(10);
        await _flusher.FlushAsync();
        _clock.Duration = TimeSpan.Zero;
        _clock.Threads.Clear();
        _clock.Gate.Reset();

        ValueTask flush = _flusher.FlushAsync();

        // A sync on this thread would wait at the gate.
        Assert.False(flush.IsCompleted);
        _clock.Gate.Set();
        await flush;
    }

    [Fact]
    public async Task Cheap_syncs_after_an_expensive_one_return_to_the_callers_thread()
    {
        _clock.Duration = TimeSpan.FromMilliseconds(10);
        await _flusher.FlushAsync();
        _clock.Duration = TimeSpan.Zero;
        for (int i = 0; i < 100; i++)
            await _flusher.FlushAsync();
        _clock.Threads.Clear();

        await _flusher.FlushAsync();

        Assert.All(_clock.Threads, thread => Assert.Equal(Environment.CurrentManagedThreadId, thread));
    }

    [Fact]
    public async Task Callers_that_ask_while_a_cheap_sync_runs_share_the_next_one()
    {
        const int Callers = 10;
        await _flusher.FlushAsync();
        _clock.Threads.Clear();
        _clock.Gate.Reset();
        var threads = new List<Thread> { Flush() };
        Assert.True(SpinWait.SpinUntil(() => _clock.Threads.Count == 1, Patience));
        for (int i = 0; i < Callers; i++)
            threads.Add(Flush());
        Assert.True(
            SpinWait.SpinUntil(() => threads.TrueForAll(thread => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin)), Patience));

        _clock.Gate.Set();

        Assert.All(threads, thread => Assert.True(thread.Join(Patience)));
        Assert.Equal(2, _clock.Syncs);
    }

    [Fact]
    public async Task A_failure_of_a_shared_cheap_sync_reaches_every_later_caller()
    {
        await _flusher.FlushAsync();
        _handle.Dispose();

        for (int i = 0; i < 3; i++)
            await Assert.ThrowsAsync<StorageException>(async () => await _flusher.FlushAsync());
    }

    private Thread Flush()
    {
        var thread = new Thread(() => _flusher.FlushAsync().AsTask().Wait()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    /// <summary>A clock that the flusher reads before and after each sync, on the thread that runs the sync.</summary>
    private sealed class SyncClock : TimeProvider
    {
        private long _now;

        internal ManualResetEventSlim Gate { get; } = new(initialState: true);

        internal ConcurrentQueue<int> Threads { get; } = [];

        internal TimeSpan Duration { get; set; }

        internal int Syncs => Threads.Count / 2;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            Threads.Enqueue(Environment.CurrentManagedThreadId);
            Gate.Wait(Patience);
            return Interlocked.Add(ref _now, Duration.Ticks);
        }
    }
}
