using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>One front-end's connection: takes its messages one after another and answers them. For one thread.</summary>
[SupportedOSPlatform("linux")]
internal sealed class FrontendConnection(DescriptorSocket socket, Session session, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly MessageWriter _answer = new();

    /// <summary>Serves until the front-end has closed its end.</summary>
    /// <exception cref="IOException">The connection is lost.</exception>
    /// <exception cref="ProtocolException">What it sent makes no sense.</exception>
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
                VhostUserLog.Refused(logger, $"request {message.Header.Request} is not known here and has no effect", null);
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

    // Asked after the message was served: User-Mode Linux waits for an answer to the very message by which answers are agreed upon.
    private bool NeedsAck(Message message) =>
        !Session.HasAnswer(message.Request) && session.HasReplyAck && message.Header.Flags.HasFlag(MessageFlags.NeedsReply);
}
