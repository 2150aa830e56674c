namespace Virtio.VhostUser.Protocol;

/// <summary>
/// A request of the other side cannot be done, for the reason in the message. Where the other side waits for an answer, it gets an error
/// code and the connection goes on.
/// </summary>
internal sealed class ProtocolException(string message, Exception? inner = null) : IOException(message, inner);
