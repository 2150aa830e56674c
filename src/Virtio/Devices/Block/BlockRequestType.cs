namespace Virtio.Devices.Block;

/// <summary>Request types (virtio 1.4, 5.2.6).</summary>
internal enum BlockRequestType : uint
{
    Read = 0,
    Write = 1,
    Flush = 4,
    GetId = 8,
}
