using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>A chain that was taken from a ring before this queue was made, and never given back.</summary>
/// <param name="Id">What names it to the driver: split, its first descriptor; packed, its buffer id.</param>
/// <param name="Descriptors">Packed: its descriptors as they were in the ring, which has others in their place. Split: none.</param>
/// <param name="Slot">Where whoever keeps record of it has it.</param>
internal sealed record UnfinishedChain(ushort Id, Descriptor[] Descriptors, ushort Slot);
