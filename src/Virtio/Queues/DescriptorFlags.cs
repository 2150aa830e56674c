namespace Virtio.Queues;

/// <summary>Descriptor flags (virtio 1.4, 2.7.5 and 2.8.13); the last two are the packed ring's.</summary>
[Flags]
internal enum DescriptorFlags : ushort
{
    None = 0,
    Next = 1,
    Write = 2,
    Indirect = 4,
    Available = 1 << 7,
    Used = 1 << 15,
}
