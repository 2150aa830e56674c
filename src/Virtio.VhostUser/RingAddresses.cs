namespace Virtio.VhostUser;

/// <summary>Where a ring lies: three areas by the front-end's addresses, and the used ring by the guest's, for the log.</summary>
internal readonly record struct RingAddresses(ulong Descriptors, ulong Driver, ulong Device, ulong Log, bool IsLogged);
