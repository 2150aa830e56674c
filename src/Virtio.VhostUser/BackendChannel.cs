using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// The channel for messages of our own. None waits for an answer, and none waits for a front-end that does not read: it is sent as soon as that does. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class BackendChannel(DescriptorSocket socket) : IDisposable
{
    private readonly MessageWriter _message = new();
    private readonly Lock _gate = new();

    // Each at most once, so that there are never many: to say it twice says no more.
    private readonly List<(BackendRequest Request, int Ring)> _unsent = [];

    /// <summary>Says that configuration space has changed.</summary>
    internal void SendConfigChanged() => SendOfRing(BackendRequest.ConfigChanged, 0);

    /// <summary>Says something of a ring.</summary>
    internal void SendOfRing(BackendRequest request, int ring)
    {
        lock (_gate)
        {
            if (!_unsent.Contains((request, ring)))
                _unsent.Add((request, ring));
            SendRest();
        }
    }

    /// <summary>Sends what there was no room for.</summary>
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
