using Virtio.Memory;

namespace Virtio.Bench.VhostUser;

/// <summary>
/// The driver's side of a ring whose requests lie in indirect tables that are written once, as one descriptor each: as little work as a driver can do. A request's
/// number is that of its table. With event index. For one thread.
/// </summary>
internal abstract class DriverRing
{
    /// <summary>Number of descriptors in each ring.</summary>
    internal const int Size = 128;

    /// <summary>Of each of the three areas: as much as any of them can take.</summary>
    internal const int AreaLength = 4096;

    /// <summary>Where the areas are, one after another: descriptors, the driver's, the device's.</summary>
    /// <param name="memory">Shared with the back-end.</param>
    /// <param name="address">Of the first area.</param>
    private protected DriverRing(GuestMemory memory, ulong address)
    {
        Descriptors = Resolve(memory, address);
        Driver = Resolve(memory, address + AreaLength);
        Device = Resolve(memory, address + (2 * AreaLength));
    }

    /// <summary>Where a back-end begins with the ring, as vhost-user has it.</summary>
    internal abstract uint Base { get; }

    private protected RingArea Descriptors { get; }

    private protected RingArea Driver { get; }

    private protected RingArea Device { get; }

    /// <summary>Offers a request; the device may take it at once.</summary>
    internal abstract void Offer(int request, ulong table);

    /// <summary>Whether the device wants to be told of what was offered since this was last asked.</summary>
    internal abstract bool IsKickDue();

    /// <summary>Takes the next request that the device has given back.</summary>
    internal abstract bool TryCollect(out int request);

    /// <summary>Asks for an interrupt at the next one; true when it has come already.</summary>
    internal abstract bool AskForInterrupt();

    /// <summary>Asks for none.</summary>
    internal abstract void LeaveInterrupts();

    private static RingArea Resolve(GuestMemory memory, ulong address) =>
        RingArea.TryResolve(memory, address, AreaLength, AreaLength, out RingArea area) ? area : throw new InvalidOperationException("the memory is too small for the ring");
}
