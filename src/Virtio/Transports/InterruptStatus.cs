namespace Virtio.Transports;

/// <summary>
/// The events a driver has not acknowledged yet, and the interrupt line that stands for them: asserted while there are any. Lock-free: workers raise,
/// processors acknowledge.
/// </summary>
internal sealed class InterruptStatus(Action<bool> setLine)
{
    internal const int UsedBuffer = 1;
    internal const int ConfigChange = 2;

    private int _events;

    internal uint Events => (uint)Volatile.Read(ref _events);

    internal void Raise(int events)
    {
        Interlocked.Or(ref _events, events);
        SettleLine();
    }

    internal void Acknowledge(uint events)
    {
        Interlocked.And(ref _events, ~(int)(events & (UsedBuffer | ConfigChange)));
        SettleLine();
    }

    // Between reading the events and setting the line another thread may change both; whoever sets the line looks again, so that the last one to
    // set it has seen the last events. Otherwise an event could stay without a line (a lost interrupt) or a line without an event (a storm).
    private void SettleLine()
    {
        bool asserted;
        do
        {
            asserted = Volatile.Read(ref _events) != 0;
            setLine(asserted);
            Interlocked.MemoryBarrier();
        }
        while (asserted != (Volatile.Read(ref _events) != 0));
    }
}
