namespace Virtio.VhostUser;

/// <summary>A piece of guest memory that a request consists of, by the guest's address.</summary>
internal readonly record struct RelayPiece(ulong Address, uint Length, bool IsWritable);
