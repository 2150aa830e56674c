namespace Virtio.VhostUser.Protocol;

/// <summary>The requests that a back-end sends on its own channel.</summary>
internal enum BackendRequest : uint
{
    ConfigChanged = 2,
    RingCall = 4,
    RingError = 5,
}
