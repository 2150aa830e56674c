using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>One front-end's connection: receives its messages one at a time and answers them. Used by one thread.</summary>
[SupportedOSPlatform("linux")]
internal sealed class FrontendConnection(DescriptorSocket socket, Session session, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly MessageWriter _answer = new();

    /// <summary>Serves until the front-end has closed its end.</summary>
    /// <exception cref="IOException">The connection is lost.</exception>
    /// <exception cref="ProtocolException">A message is malformed.</exception>
    internal void Run()
    {
        using var message = new Message();
        while (message.TryReceive(socket, Patience, wait: true, MessageFlags.None))
            Serve(message);
    }

    private void Serve(Message message)
    {
        _answer.Clear();
        bool served = false;
        try
        {
            served = session.Handle(message, _answer);
            if (!served)
                VhostUserLog.Refused(logger, $"request {message.Header.Request} is unknown and has no effect", null);
        }
        catch (ProtocolException e) when (NeedsAck(message))
        {
            VhostUserLog.Refused(logger, e.Message, e);
        }

        if (NeedsAck(message))
            _answer.WriteUInt64(served ? 0UL : 1);
        else if (!Session.HasAnswer(message.Request))
            return;
        socket.Send(_answer.ToMessage(message.Header.Request, MessageFlags.Reply), _answer.Descriptor);
    }

    // Checked after the message was served: User-Mode Linux waits for an acknowledgement of the message that negotiates acknowledgements.
    private bool NeedsAck(Message message) =>
        !Session.HasAnswer(message.Request) && session.HasReplyAck && message.Header.Flags.HasFlag(MessageFlags.NeedsReply);
}
