namespace Virtio.VhostUser;

/// <summary>A contiguous part of a request in guest memory, by guest address.</summary>
internal readonly record struct RelayPiece(ulong Address, uint Length, bool IsWritable);
