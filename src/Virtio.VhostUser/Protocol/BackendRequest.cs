namespace Virtio.VhostUser.Protocol;

/// <summary>What a back-end asks its front-end for, on the channel that it was given for that.</summary>
internal enum BackendRequest : uint
{
    ConfigChanged = 2,
    RingCall = 4,
    RingError = 5,
}
