namespace Virtio.Devices.Block;

/// <summary>Values of a request's status byte (virtio 1.4, 5.2.6).</summary>
internal enum BlockStatus : byte
{
    Ok = 0,
    IoError = 1,
    Unsupported = 2,
}
