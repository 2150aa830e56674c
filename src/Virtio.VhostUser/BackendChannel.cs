using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>The channel for messages of our own. None waits for an answer, and none waits for a front-end that does not read. Thread-safe.</summary>
[SupportedOSPlatform("linux")]
internal sealed class BackendChannel(DescriptorSocket socket) : IDisposable
{
    private readonly MessageWriter _message = new();
    private readonly Lock _gate = new();

    internal void SendConfigChanged()
    {
        lock (_gate)
        {
            _message.Clear();
            socket.TrySend(_message.ToMessage((uint)BackendRequest.ConfigChanged, MessageFlags.None));
        }
    }

    public void Dispose() => socket.Dispose();
}
