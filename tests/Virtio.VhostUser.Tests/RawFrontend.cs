using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>A front-end that sends what the test says, correct or not, byte by byte.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RawFrontend : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DescriptorSocket _socket;

    internal RawFrontend(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        _socket = new DescriptorSocket(socket);
    }

    internal void SendBytes(ReadOnlySpan<byte> bytes, SafeFileHandle? descriptor = null) => _socket.Send(bytes, descriptor);

    internal void Send(
        FrontendRequest request,
        ReadOnlySpan<byte> payload = default,
        SafeFileHandle? descriptor = null,
        MessageFlags flags = MessageFlags.None) =>
        SendBytes(MessageOf(request, payload, flags), descriptor);

    /// <summary>A message's bytes.</summary>
    internal static byte[] MessageOf(FrontendRequest request, ReadOnlySpan<byte> payload, MessageFlags flags = MessageFlags.None)
    {
        byte[] message = new byte[MessageHeader.Length + payload.Length];
        new MessageHeader((uint)request, flags | MessageFlags.Version, (uint)payload.Length).Write(message);
        payload.CopyTo(message.AsSpan(MessageHeader.Length));
        return message;
    }

    internal void Send(FrontendRequest request, ulong value, SafeFileHandle? descriptor = null, MessageFlags flags = MessageFlags.None) =>
        Send(request, Numbers(value), descriptor, flags);

    internal void Send(FrontendRequest request, (uint Index, uint Value) state) =>
        Send(request, Numbers(state.Index | ((ulong)state.Value << 32)));

    /// <summary>Sends a message and returns its answer.</summary>
    internal byte[] Ask(
        FrontendRequest request,
        ReadOnlySpan<byte> payload = default,
        SafeFileHandle? descriptor = null,
        MessageFlags flags = MessageFlags.None)
    {
        Send(request, payload, descriptor, flags);
        return Receive(request, []);
    }

    /// <summary>Sends a message whose answer comes with a descriptor.</summary>
    internal byte[] Ask(FrontendRequest request, ReadOnlySpan<byte> payload, out SafeFileHandle? descriptor)
    {
        Send(request, payload);
        var descriptors = new List<SafeFileHandle>();
        byte[] answer = Receive(request, descriptors);
        descriptor = descriptors.SingleOrDefault();
        return answer;
    }

    private byte[] Receive(FrontendRequest request, List<SafeFileHandle> descriptors)
    {
        byte[] bytes = new byte[MessageHeader.Length];
        Assert.True(_socket.Receive(bytes, descriptors, Patience, wait: false), $"no answer to {request}");
        MessageHeader header = MessageHeader.Read(bytes);
        Assert.Equal((uint)request, header.Request);
        Assert.Equal(MessageFlags.Version | MessageFlags.Reply, header.Flags);
        byte[] answer = new byte[header.Size];
        Assert.True(answer.Length == 0 || _socket.Receive(answer, [], Patience, wait: false));
        return answer;
    }

    internal ulong AskNumber(FrontendRequest request) => BinaryPrimitives.ReadUInt64LittleEndian(Ask(request));

    /// <summary>Sends a message that has no answer by itself, with NEED_REPLY. Returns whether it succeeded.</summary>
    internal bool Try(FrontendRequest request, ReadOnlySpan<byte> payload, SafeFileHandle? descriptor = null) =>
        BinaryPrimitives.ReadUInt64LittleEndian(Ask(request, payload, descriptor, MessageFlags.NeedsReply)) == 0;

    /// <summary>Waits until the back-end has closed its end or has sent a byte.</summary>
    internal bool HasEnded()
    {
        try
        {
            return !_socket.Receive(new byte[1], [], Patience, wait: false);
        }
        catch (IOException e) when (!e.Message.Contains("within", StringComparison.Ordinal))
        {
            // A connection reset: the back-end closed its end before it had read everything.
            return true;
        }
    }

    internal static byte[] Numbers(params ulong[] numbers)
    {
        byte[] bytes = new byte[numbers.Length * sizeof(ulong)];
        for (int i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), numbers[i]);
        return bytes;
    }

    public void Dispose() => _socket.Dispose();
}
