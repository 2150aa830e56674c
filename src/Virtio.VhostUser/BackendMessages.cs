using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
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
        var descriptors = new List<SafeFileHandle>();
        try
        {
            Span<byte> bytes = stackalloc byte[MessageHeader.Length];
            if (!channel.Receive(bytes, descriptors, patience, wait: false))
                return false;
            MessageHeader header = MessageHeader.Read(bytes);
            if ((header.Flags & MessageFlags.VersionMask) != MessageFlags.Version || header.Size > MessageHeader.MaximumPayload)
                throw new ProtocolException($"what the back-end sent is no message (flags 0x{(uint)header.Flags:x}, {header.Size} bytes)");
            if (header.Size > 0 && !channel.Receive(new byte[header.Size], descriptors, patience, wait: false))
                throw new IOException("the back-end ended its channel within a message");
            request = (BackendRequest)header.Request;

            // At once: a back-end that waits for this answers nothing else meanwhile.
            if (header.Flags.HasFlag(MessageFlags.NeedsReply))
                Acknowledge(channel, request);
            return true;
        }
        finally
        {
            descriptors.ForEach(descriptor => descriptor.Dispose());
        }
    }

    private static void Acknowledge(DescriptorSocket channel, BackendRequest request)
    {
        var answer = new MessageWriter();
        answer.WriteUInt64(request == BackendRequest.ConfigChanged ? 0UL : 1);
        channel.TrySend(answer.ToMessage((uint)request, MessageFlags.Reply));
    }
}
