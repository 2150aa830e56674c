using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>Takes what a back-end sends on its own, on the channel that it was given for that.</summary>
[SupportedOSPlatform("linux")]
internal static class BackendMessages
{
    /// <summary>Takes the next message, and says so where the back-end wants to know.</summary>
    /// <returns>False when the back-end has closed the channel.</returns>
    /// <exception cref="IOException">It did not send all of it.</exception>
    /// <exception cref="ProtocolException">What it sent makes no sense.</exception>
    internal static bool TryReceive(DescriptorSocket channel, TimeSpan patience, out BackendRequest request)
    {
        request = default;
        using var message = new Message();
        if (!message.TryReceive(channel, patience, wait: false, MessageFlags.None))
            return false;
        request = (BackendRequest)message.Header.Request;

        // At once: a back-end that waits for this answers nothing else meanwhile.
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
