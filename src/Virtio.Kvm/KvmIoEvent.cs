namespace Virtio.Kvm;

/// <summary>Guest writes that the host kernel turns into an event, without an exit to this process.</summary>
/// <param name="Address">The guest-physical address, or the port.</param>
/// <param name="Length">
/// The length of the write: 1, 2, 4 or 8 bytes (a port: 1, 2 or 4); 0 for a write of any length, which then has no <see cref="Match"/>.
/// </param>
public readonly record struct KvmIoEvent(ulong Address, int Length)
{
    /// <summary>Whether <see cref="Address"/> is a port.</summary>
    public bool IsPort { get; init; }

    /// <summary>The only value that signals the event; null for every value.</summary>
    public ulong? Match { get; init; }
}
