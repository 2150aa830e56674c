using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>A chain that an earlier queue took from the same ring and never completed; it is replayed.</summary>
/// <param name="Id">The id that the driver knows: split, the head descriptor's index; packed, the buffer id.</param>
/// <param name="Descriptors">
/// Packed: copies of its descriptors, because the ring may have other ones in their slots by now. Split: none.
/// </param>
/// <param name="Slot">The chain's slot in the record that the queue's <see cref="ChainJournal"/> keeps.</param>
internal sealed record UnfinishedChain(ushort Id, Descriptor[] Descriptors, ushort Slot);
