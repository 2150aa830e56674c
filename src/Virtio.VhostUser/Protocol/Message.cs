using Microsoft.Win32.SafeHandles;

namespace Virtio.VhostUser.Protocol;

/// <summary>A message as it came, and the descriptors that came with it. What nobody takes is closed with it.</summary>
internal sealed class Message : IDisposable
{
    private readonly byte[] _payload = new byte[MessageHeader.MaximumPayload];
    private readonly List<SafeFileHandle> _descriptors = [];
    private int _taken;

    internal MessageHeader Header { get; set; }

    internal FrontendRequest Request => (FrontendRequest)Header.Request;

    internal Span<byte> Payload => _payload.AsSpan(0, (int)Header.Size);

    internal ICollection<SafeFileHandle> Descriptors => _descriptors;

    internal MessageReader Reader => new(Payload);

    /// <summary>Takes the next descriptor over.</summary>
    /// <exception cref="ProtocolException">There is none.</exception>
    internal SafeFileHandle TakeDescriptor() =>
        _taken < _descriptors.Count ? _descriptors[_taken++] : throw new ProtocolException($"{Request} came without its descriptor");

    /// <summary>Ready for the next one.</summary>
    internal void Clear()
    {
        foreach (SafeFileHandle descriptor in _descriptors.Skip(_taken))
            descriptor.Dispose();
        _descriptors.Clear();
        _taken = 0;
        Header = default;
    }

    public void Dispose() => Clear();
}
