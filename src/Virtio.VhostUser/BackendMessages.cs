using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>Receives the messages that a back-end sends on its own channel.</summary>
[SupportedOSPlatform("linux")]
internal static class BackendMessages
{
    /// <summary>Receives the next message, and acknowledges it where the back-end asks for that.</summary>
    /// <returns>False when the back-end has closed the channel.</returns>
    /// <exception cref="IOException">The message was incomplete.</exception>
    /// <exception cref="ProtocolException">The message is malformed.</exception>
    internal static bool TryReceive(DescriptorSocket channel, TimeSpan patience, out BackendRequest request)
    {
        request = default;
        using var message = new Message();
        if (!message.TryReceive(channel, patience, wait: false, MessageFlags.None))
            return false;
        request = (BackendRequest)message.Header.Request;

        // Acknowledged at once: while a back-end waits for the acknowledgement, it answers no requests.
        if (message.Header.Flags.HasFlag(MessageFlags.NeedsReply))
            Acknowledge(channel, request);
        return true;
    }

    private static void Acknowledge(DescriptorSocket channel, BackendRequest request)
    {
        var answer = new MessageWriter();
        answer.WriteUInt64(request == BackendRequest.ConfigChanged ? 0UL : 1);
        channel.TrySend(answer.ToMessage((uint)request, MessageFlags.Reply));
    }
}
