namespace Virtio.Testing;

/// <summary>The status byte of a block request (virtio 1.4, 5.2.6).</summary>
public enum BlockResult : byte
{
    /// <summary>VIRTIO_BLK_S_OK.</summary>
    Ok = 0,

    /// <summary>VIRTIO_BLK_S_IOERR.</summary>
    IoError = 1,

    /// <summary>VIRTIO_BLK_S_UNSUPP.</summary>
    Unsupported = 2,

    /// <summary>The device did not write the status byte.</summary>
    None = 0xee,
}
