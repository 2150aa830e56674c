using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;

namespace Virtio.VhostUser.Protocol;

/// <summary>
/// A received message with its descriptors. A descriptor that is not taken is closed with the message. Used by one thread.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class Message : IDisposable
{
    private readonly byte[] _payload = new byte[MessageHeader.MaximumPayload];
    private readonly List<SafeFileHandle> _descriptors = [];
    private int _taken;

    internal MessageHeader Header { get; private set; }

    internal FrontendRequest Request => (FrontendRequest)Header.Request;

    internal Span<byte> Payload => _payload.AsSpan(0, (int)Header.Size);

    internal MessageReader Reader => new(Payload);

    /// <summary>There is a descriptor that was not taken yet.</summary>
    internal bool HasDescriptor => _taken < _descriptors.Count;

    /// <summary>Takes ownership of the next descriptor.</summary>
    /// <exception cref="ProtocolException">The message has no further descriptor.</exception>
    internal SafeFileHandle TakeDescriptor() =>
        HasDescriptor ? _descriptors[_taken++] : throw new ProtocolException($"{Request} came without its descriptor");

    /// <summary>Receives the next message in place of this one.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="patience">How long each piece after the first byte may take.</param>
    /// <param name="wait">Whether the first byte may take any time.</param>
    /// <param name="kind">A request (<see cref="MessageFlags.None"/>) or a <see cref="MessageFlags.Reply"/>.</param>
    /// <returns>False when the other side closed its end before the message.</returns>
    /// <exception cref="IOException">The message was incomplete.</exception>
    /// <exception cref="ProtocolException">The header is malformed.</exception>
    internal bool TryReceive(DescriptorSocket socket, TimeSpan patience, bool wait, MessageFlags kind)
    {
        Dispose();
        Span<byte> bytes = stackalloc byte[MessageHeader.Length];
        if (!socket.Receive(bytes, _descriptors, patience, wait))
            return false;
        MessageHeader header = MessageHeader.Read(bytes);
        if ((header.Flags & (MessageFlags.VersionMask | MessageFlags.Reply)) != (MessageFlags.Version | kind))
        {
            string expected = kind == MessageFlags.Reply ? "an answer" : "a request";
            throw new ProtocolException($"expected {expected} of version 1, and received flags 0x{(uint)header.Flags:x}");
        }

        if (header.Size > MessageHeader.MaximumPayload)
        {
            throw new ProtocolException(
                $"message {header.Request} has {header.Size} bytes; at most {MessageHeader.MaximumPayload} are taken");
        }

        Header = header;
        return header.Size == 0 || socket.Receive(Payload, _descriptors, patience, wait: false)
            ? true
            : throw new IOException("the connection ended within a message");
    }

    /// <summary>Closes the descriptors that were not taken.</summary>
    public void Dispose()
    {
        foreach (SafeFileHandle descriptor in _descriptors.Skip(_taken))
            descriptor.Dispose();
        _descriptors.Clear();
        _taken = 0;
        Header = default;
    }
}
