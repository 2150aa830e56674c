using Virtio.Memory;

namespace Virtio.Bench.VhostUser;

/// <summary>
/// The driver's side of a ring, with as little work as a driver can do: each request is one descriptor for an indirect table that is
/// written once. A request's number is that of its table. Uses event indexes. For one thread.
/// </summary>
internal abstract class DriverRing
{
    /// <summary>Number of descriptors in each ring.</summary>
    internal const int Size = 128;

    /// <summary>The size of each of the three areas in bytes: enough for any of them.</summary>
    internal const int AreaLength = 4096;

    /// <summary>Finds the areas, one after another: the descriptors, the driver's area, the device's area.</summary>
    /// <param name="memory">Shared with the back-end.</param>
    /// <param name="address">The address of the first area.</param>
    private protected DriverRing(GuestMemory memory, ulong address)
    {
        Descriptors = Resolve(memory, address);
        Driver = Resolve(memory, address + AreaLength);
        Device = Resolve(memory, address + (2 * AreaLength));
    }

    /// <summary>The ring's starting state for a back-end, in vhost-user's encoding.</summary>
    internal abstract uint Base { get; }

    private protected RingArea Descriptors { get; }

    private protected RingArea Driver { get; }

    private protected RingArea Device { get; }

    /// <summary>Offers a request; the device may take it at once.</summary>
    internal abstract void Offer(int request, ulong table);

    /// <summary>Whether the device wants a notification for the requests offered since the last call.</summary>
    internal abstract bool IsKickDue();

    /// <summary>Takes the next request that the device has completed.</summary>
    internal abstract bool TryCollect(out int request);

    /// <summary>Asks for an interrupt at the next completion; true if it has already happened.</summary>
    internal abstract bool AskForInterrupt();

    /// <summary>Suppresses interrupts.</summary>
    internal abstract void LeaveInterrupts();

    private static RingArea Resolve(GuestMemory memory, ulong address) =>
        RingArea.TryResolve(memory, address, AreaLength, AreaLength, out RingArea area)
            ? area
            : throw new InvalidOperationException("the memory is too small for the ring");
}
