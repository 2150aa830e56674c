namespace Virtio.Transports;

/// <summary>
/// The events a driver has not acknowledged yet, and the interrupt line that stands for them: asserted while there are any. Lock-free: workers raise,
/// processors acknowledge.
/// </summary>
internal sealed class InterruptStatus(Action<bool> setLine)
{
    internal const int UsedBuffer = 1;
    internal const int ConfigChange = 2;

    private const int AnyEvent = UsedBuffer | ConfigChange;

    // In one word with the events, so that an event of the host's that comes while the device is being reset is either cleared or refused.
    private const int Enabled = 1 << 8;

    private int _state;
    private int _settling;

    internal uint Events => (uint)(Volatile.Read(ref _state) & AnyEvent);

    /// <summary>From here on events are taken (DRIVER_OK).</summary>
    internal void Enable() => Interlocked.Or(ref _state, Enabled);

    /// <summary>Forgets all events and takes none any more (virtio 1.4, 2.4.1 and 4.2.2.1).</summary>
    internal void Disable()
    {
        Interlocked.Exchange(ref _state, 0);
        SettleLine();

        // Whoever is about to set the line to what it was before does so, and corrects it, before the reset is over.
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

    // Between reading the events and setting the line another thread may change both; whoever sets the line looks again, so that the last one to
    // set it has seen the last events. Otherwise an event could stay without a line (a lost interrupt) or a line without an event (a storm).
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
