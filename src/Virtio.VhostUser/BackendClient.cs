using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// The front-end's side of a connection. It sends requests to the back-end one at a time. A request whose answer is late throws, and after
/// any exception the connection must not be used. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class BackendClient : IDisposable
{
    /// <summary>The most queues of a device: a message with a descriptor names its ring in 8 bits.</summary>
    internal const int MaximumQueues = 256;

    private const ulong HasProtocolFeatures = 1UL << 30;
    private const int MaximumTable = 8;

    private const ProtocolFeatures Wanted = ProtocolFeatures.MultipleQueues | ProtocolFeatures.ReplyAck | ProtocolFeatures.BackendChannel
        | ProtocolFeatures.Config | ProtocolFeatures.ResetDevice;

    private readonly DescriptorSocket _socket;
    private readonly TimeSpan _patience;
    private readonly Lock _gate = new();
    private readonly MessageWriter _request = new();
    private readonly Message _answer = new();

    private BackendClient(DescriptorSocket socket, TimeSpan patience)
    {
        _socket = socket;
        _patience = patience;
    }

    /// <summary>The feature bits that the back-end offers, without the protocol's own bit.</summary>
    internal ulong Features { get; private set; }

    /// <summary>The protocol features that both ends understand.</summary>
    internal ProtocolFeatures Protocol { get; private set; }

    /// <summary>The most queues that the back-end supports; null where it does not tell.</summary>
    internal int? QueueCount { get; private set; }

    /// <summary>The channel on which the back-end sends messages on its own; null where it has none.</summary>
    internal DescriptorSocket? Channel { get; private set; }

    /// <summary>The connection's descriptor, for a watch that detects the end of the connection.</summary>
    internal SafeHandle Handle => _socket.Handle;

    /// <summary>Connects to a back-end that listens at a path, and negotiates the protocol.</summary>
    /// <param name="path">Path of the socket.</param>
    /// <param name="patience">How long an answer may take.</param>
    /// <param name="more">Protocol features to negotiate besides those that every device needs.</param>
    /// <param name="connected">Receives the connection before negotiation, so that another thread can <see cref="Abort"/> it.</param>
    /// <exception cref="IOException">There is no back-end at the path, or it ended the connection.</exception>
    /// <exception cref="ProtocolException">The back-end's answer is malformed.</exception>
    internal static BackendClient Connect(
        string path, TimeSpan patience, ProtocolFeatures more = ProtocolFeatures.None, Action<BackendClient>? connected = null)
    {
        var client = new BackendClient(DescriptorSocket.Connect(path, patience), patience);
        try
        {
            connected?.Invoke(client);
            client.Begin(Wanted | more);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sets the features that the driver accepted, out of <see cref="Features"/>. All rings must be stopped.</summary>
    internal void SetFeatures(ulong features) =>
        Tell(FrontendRequest.SetFeatures, request => request.WriteUInt64(features | (IsExtended ? HasProtocolFeatures : 0)));

    /// <summary>Shares guest memory with the back-end.</summary>
    /// <exception cref="ProtocolException">The memory has too many regions, or is not backed by files.</exception>
    internal void SetMemory(IReadOnlyList<GuestMemoryRegion> regions)
    {
        if (regions.Count > MaximumTable)
            throw new ProtocolException($"guest memory has {regions.Count} regions; at most {MaximumTable} can be shared");
        SafeFileHandle[] files =
        [
            .. regions.Select(region => region.File ?? throw new ProtocolException("guest memory is not shared with other processes")),
        ];
        Tell(
            FrontendRequest.SetMemoryTable,
            request =>
            {
                request.WriteUInt32((uint)regions.Count);
                request.WriteUInt32(0);
                foreach (GuestMemoryRegion region in regions)
                {
                    request.WriteUInt64(region.Address);
                    request.WriteUInt64(region.Length);
                    request.WriteUInt64((ulong)region.Host);
                    request.WriteUInt64(region.FileOffset);
                }
            },
            files);
    }

    /// <summary>Starts a ring at the back-end.</summary>
    internal void StartRing(RingSetup ring)
    {
        uint index = (uint)ring.Index;
        TellOfRing(FrontendRequest.SetRingSize, index, ring.Size);
        TellOfRing(FrontendRequest.SetRingBase, index, ring.Base);
        Tell(FrontendRequest.SetRingAddresses, request =>
        {
            request.WriteUInt32(index);
            request.WriteUInt32(0);
            request.WriteUInt64((ulong)ring.Descriptors);
            request.WriteUInt64((ulong)ring.Device);
            request.WriteUInt64((ulong)ring.Driver);
            request.WriteUInt64(0);
        });
        Tell(FrontendRequest.SetRingCall, request => request.WriteUInt64(index), ring.Call);
        Tell(FrontendRequest.SetRingError, request => request.WriteUInt64(index), ring.Error);
        Tell(FrontendRequest.SetRingKick, request => request.WriteUInt64(index), ring.Kick);
        if (IsExtended)
            TellOfRing(FrontendRequest.SetRingEnable, index, 1);
    }

    /// <summary>Stops a ring at the back-end, which completes all chains that it took.</summary>
    /// <returns>Where the ring goes on, encoded as in <see cref="RingBase"/>.</returns>
    internal uint StopRing(int index)
    {
        lock (_gate)
        {
            _request.Clear();
            _request.WriteUInt32((uint)index);
            _request.WriteUInt32(0);
            MessageReader answer = Ask(FrontendRequest.GetRingBase);
            uint answered = answer.ReadUInt32();
            return answered == index
                ? answer.ReadUInt32()
                : throw new ProtocolException($"the back-end stopped ring {answered} instead of {index}");
        }
    }

    /// <summary>Resets the device where the back-end supports that. All rings must be stopped.</summary>
    internal void Reset()
    {
        if (Protocol.HasFlag(ProtocolFeatures.ResetDevice))
            Tell(FrontendRequest.ResetDevice, _ => { });
    }

    /// <summary>Ends the connection, which fails a request that another thread waits for. Thread-safe, also after disposal.</summary>
    internal void Abort() => _socket.Shutdown();

    /// <summary>Ends the connection. A request that another thread waits for fails first.</summary>
    public void Dispose()
    {
        _socket.Shutdown();
        lock (_gate)
        {
            _socket.Dispose();
            _answer.Dispose();
        }

        Channel?.Dispose();
    }

    /// <summary>The back-end has protocol features. Like the properties above, only set by <see cref="Connect"/>.</summary>
    private bool IsExtended { get; set; }

    private void Begin(ProtocolFeatures wanted)
    {
        Tell(FrontendRequest.SetOwner, _ => { });
        ulong features = AskForUInt64(FrontendRequest.GetFeatures);
        Features = features & ~HasProtocolFeatures;
        IsExtended = (features & HasProtocolFeatures) != 0;
        if (!IsExtended)
            return;
        ProtocolFeatures protocol = (ProtocolFeatures)AskForUInt64(FrontendRequest.GetProtocolFeatures) & wanted;
        Tell(FrontendRequest.SetProtocolFeatures, request => request.WriteUInt64((ulong)protocol));
        Protocol = protocol;
        if (protocol.HasFlag(ProtocolFeatures.MultipleQueues))
            QueueCount = CheckCount(AskForUInt64(FrontendRequest.GetQueueCount));
        if (protocol.HasFlag(ProtocolFeatures.BackendChannel))
            OpenChannel();
    }

    private static int CheckCount(ulong count) =>
        count is >= 1 and <= MaximumQueues ? (int)count : throw new ProtocolException($"the back-end says that it has {count} queues");

    private void OpenChannel()
    {
        (Channel, SafeFileHandle other) = DescriptorSocket.CreatePair();
        using (other)
            Tell(FrontendRequest.SetBackendChannel, _ => { }, other);
    }

    private void TellOfRing(FrontendRequest request, uint index, uint value) => Tell(request, message =>
    {
        message.WriteUInt32(index);
        message.WriteUInt32(value);
    });

    private void Tell(FrontendRequest request, Action<MessageWriter> write, params ReadOnlySpan<SafeFileHandle> descriptors)
    {
        lock (_gate)
        {
            _request.Clear();
            write(_request);
            Finish(request, descriptors);
        }
    }

    private ulong AskForUInt64(FrontendRequest request)
    {
        lock (_gate)
        {
            _request.Clear();
            return Ask(request).ReadUInt64();
        }
    }

    private void Finish(FrontendRequest request, ReadOnlySpan<SafeFileHandle> descriptors)
    {
        if (TryFinish(request, descriptors) is var refusal and not 0)
            throw new ProtocolException($"the back-end refused {request} ({refusal})");
    }

    /// <summary>Sends a request that has no answer of its own. With REPLY_ACK negotiated, waits for the back-end's result.</summary>
    /// <returns>0, or the back-end's error code.</returns>
    private ulong TryFinish(FrontendRequest request, ReadOnlySpan<SafeFileHandle> descriptors)
    {
        bool wantsReply = Protocol.HasFlag(ProtocolFeatures.ReplyAck);
        _socket.Send(_request.ToMessage((uint)request, wantsReply ? MessageFlags.NeedsReply : MessageFlags.None), descriptors);
        return wantsReply ? Receive(request).ReadUInt64() : 0;
    }

    private MessageReader Ask(FrontendRequest request)
    {
        _socket.Send(_request.ToMessage((uint)request, MessageFlags.None));
        return Receive(request);
    }

    private MessageReader Receive(FrontendRequest request)
    {
        if (!_answer.TryReceive(_socket, _patience, wait: false, MessageFlags.Reply))
            throw new IOException("the back-end ended the connection");
        if (_answer.Request != request)
            throw new ProtocolException($"the back-end answered {_answer.Request} instead of {request}");
        return _answer.Reader;
    }
}
