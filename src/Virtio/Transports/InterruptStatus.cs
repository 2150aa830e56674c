namespace Virtio.Transports;

/// <summary>
/// The events that the driver has not acknowledged yet, and the interrupt line, which is asserted while there are any. Lock-free: workers
/// raise events, processors acknowledge them.
/// </summary>
internal sealed class InterruptStatus(Action<bool> setLine)
{
    internal const int UsedBuffer = 1;
    internal const int ConfigChange = 2;

    private const int AnyEvent = UsedBuffer | ConfigChange;

    // In one word with the events, so that an event from the host that comes during a reset is either cleared or refused.
    private const int Enabled = 1 << 8;

    // The events and the Enabled bit. Changed atomically by any thread.
    private int _state;

    // Threads that are in SettleLine. Changed atomically.
    private int _settling;

    internal uint Events => (uint)(Volatile.Read(ref _state) & AnyEvent);

    /// <summary>Accepts events from now on (DRIVER_OK).</summary>
    internal void Enable() => Interlocked.Or(ref _state, Enabled);

    /// <summary>Clears all events, accepts none from now on, and deasserts the line (virtio 1.4, 2.4.1 and 4.2.2.1).</summary>
    internal void Disable()
    {
        Interlocked.Exchange(ref _state, 0);
        SettleLine();

        // Another thread may be about to set the line to the old level. Waits until it has done so and corrected the line, before the reset
        // ends.
        SpinWait.SpinUntil(() => Volatile.Read(ref _settling) == 0);
    }

    internal void Raise(int events)
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _state);
            if ((seen & Enabled) == 0)
                return;
        }
        while (Interlocked.CompareExchange(ref _state, seen | events, seen) != seen);
        SettleLine();
    }

    internal void Acknowledge(uint events)
    {
        Interlocked.And(ref _state, ~(int)(events & AnyEvent));
        SettleLine();
    }

    // Between reading the events and setting the line another thread may change both. Each thread that has set the line reads the events
    // again, so that the last thread to set it has seen the last events. Otherwise the line could stay low with an event pending (a lost
    // interrupt), or high without one (a storm).
    private void SettleLine()
    {
        Interlocked.Increment(ref _settling);
        try
        {
            bool asserted;
            do
            {
                asserted = Events != 0;
                setLine(asserted);
                Interlocked.MemoryBarrier();
            }
            while (asserted != (Events != 0));
        }
        finally
        {
            Interlocked.Decrement(ref _settling);
        }
    }
}
