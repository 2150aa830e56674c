using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;

namespace Virtio.VhostUser.Protocol;

/// <summary>A message as it came, and the descriptors that came with it. What nobody takes is closed with it.</summary>
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

    /// <summary>There is a descriptor that nobody took.</summary>
    internal bool HasDescriptor => _taken < _descriptors.Count;

    /// <summary>Takes the next descriptor over.</summary>
    /// <exception cref="ProtocolException">There is none.</exception>
    internal SafeFileHandle TakeDescriptor() =>
        HasDescriptor ? _descriptors[_taken++] : throw new ProtocolException($"{Request} came without its descriptor");

    /// <summary>Receives the next one in place of this.</summary>
    /// <param name="socket">From where.</param>
    /// <param name="patience">How long each piece after the first byte may take.</param>
    /// <param name="wait">Whether the first byte may take as long as it likes.</param>
    /// <param name="kind">A request (<see cref="MessageFlags.None"/>) or a <see cref="MessageFlags.Reply"/>.</param>
    /// <returns>False when the other side closed its end instead.</returns>
    /// <exception cref="IOException">It did not send all of it.</exception>
    /// <exception cref="ProtocolException">What it sent makes no sense.</exception>
    internal bool TryReceive(DescriptorSocket socket, TimeSpan patience, bool wait, MessageFlags kind)
    {
        Dispose();
        Span<byte> bytes = stackalloc byte[MessageHeader.Length];
        if (!socket.Receive(bytes, _descriptors, patience, wait))
            return false;
        MessageHeader header = MessageHeader.Read(bytes);
        if ((header.Flags & (MessageFlags.VersionMask | MessageFlags.Reply)) != (MessageFlags.Version | kind))
            throw new ProtocolException($"what came is no {(kind == MessageFlags.Reply ? "answer" : "request")} of version 1 (flags 0x{(uint)header.Flags:x})");
        if (header.Size > MessageHeader.MaximumPayload)
            throw new ProtocolException($"message {header.Request} has {header.Size} bytes; at most {MessageHeader.MaximumPayload} are taken");
        Header = header;
        return header.Size == 0 || socket.Receive(Payload, _descriptors, patience, wait: false) ? true : throw new IOException("the connection ended within a message");
    }

    /// <summary>Closes what nobody took.</summary>
    public void Dispose()
    {
        foreach (SafeFileHandle descriptor in _descriptors.Skip(_taken))
            descriptor.Dispose();
        _descriptors.Clear();
        _taken = 0;
        Header = default;
    }
}
