using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// The channel for messages that the back-end sends on its own. No message waits for an answer. Where the front-end does not read, the
/// message is kept and sent later. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class BackendChannel(DescriptorSocket socket) : IDisposable
{
    private readonly MessageWriter _message = new();
    private readonly Lock _gate = new();

    // Messages that did not fit into the socket. Each is kept at most once, which bounds the list: a repeated message carries no more
    // information. Under _gate.
    private readonly List<(BackendRequest Request, int Ring)> _unsent = [];

    /// <summary>Reports that configuration space has changed.</summary>
    internal void SendConfigChanged() => SendOfRing(BackendRequest.ConfigChanged, 0);

    /// <summary>Sends a message about a ring.</summary>
    internal void SendOfRing(BackendRequest request, int ring)
    {
        lock (_gate)
        {
            if (!_unsent.Contains((request, ring)))
                _unsent.Add((request, ring));
            SendRest();
        }
    }

    /// <summary>Retries the messages that there was no room for.</summary>
    internal void SendRest()
    {
        lock (_gate)
        {
            while (_unsent.Count > 0 && TrySend(_unsent[0]))
                _unsent.RemoveAt(0);
        }
    }

    public void Dispose() => socket.Dispose();

    private bool TrySend((BackendRequest Request, int Ring) unsent)
    {
        _message.Clear();
        if (unsent.Request != BackendRequest.ConfigChanged)
        {
            _message.WriteUInt32((uint)unsent.Ring);
            _message.WriteUInt32(0);
        }

        return socket.TrySend(_message.ToMessage((uint)unsent.Request, MessageFlags.None));
    }
}
