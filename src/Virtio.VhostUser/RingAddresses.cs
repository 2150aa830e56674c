namespace Virtio.VhostUser;

/// <summary>Where a ring lies: three areas by user address, and the used ring by guest address, for the log.</summary>
internal readonly record struct RingAddresses(ulong Descriptors, ulong Driver, ulong Device, ulong Log, bool IsLogged);
