namespace Virtio.VhostUser.Protocol;

/// <summary>
/// What the other side asks for cannot be done; the message says why. Where it waits for an answer it is told, and the connection goes on.
/// </summary>
internal sealed class ProtocolException(string message, Exception? inner = null) : IOException(message, inner);
