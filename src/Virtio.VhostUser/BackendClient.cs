using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// A front-end's side of a connection: asks the back-end for things, one after another, each with an answer in time or none at all. After an exception the connection
/// is of no use any more. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class BackendClient : IDisposable
{
    /// <summary>More queues than that no message can name.</summary>
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

    /// <summary>All the feature bits that the back-end offers, but for the protocol's own.</summary>
    internal ulong Features { get; private set; }

    /// <summary>What both ends understand.</summary>
    internal ProtocolFeatures Protocol { get; private set; }

    /// <summary>The most queues there can be; null where the back-end does not say.</summary>
    internal int? QueueCount { get; private set; }

    /// <summary>Where the back-end sends messages of its own; null where it has none.</summary>
    internal DescriptorSocket? Channel { get; private set; }

    /// <summary>The connection, to be watched for its end.</summary>
    internal SafeHandle Handle => _socket.Handle;

    /// <summary>Connects to a back-end that listens at a path, and finds out what it can do.</summary>
    /// <param name="path">Of the socket.</param>
    /// <param name="patience">How long an answer may take.</param>
    /// <param name="more">What is understood here besides what every device needs.</param>
    /// <param name="connected">Gets the connection as soon as there is one, so that another thread can <see cref="Abort"/> what is waited for.</param>
    /// <exception cref="IOException">It cannot be connected to, or ended the connection.</exception>
    /// <exception cref="ProtocolException">What it answers makes no sense.</exception>
    internal static BackendClient Connect(string path, TimeSpan patience, ProtocolFeatures more = ProtocolFeatures.None, Action<BackendClient>? connected = null)
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

    /// <summary>Says which of <see cref="Features"/> the driver took. All rings are stopped.</summary>
    internal void SetFeatures(ulong features) => Tell(FrontendRequest.SetFeatures, request => request.WriteUInt64(features | (IsExtended ? HasProtocolFeatures : 0)));

    /// <summary>Shares guest memory.</summary>
    /// <exception cref="ProtocolException">It cannot be shared.</exception>
    internal void SetMemory(IReadOnlyList<GuestMemoryRegion> regions)
    {
        if (regions.Count > MaximumTable)
            throw new ProtocolException($"guest memory has {regions.Count} regions; at most {MaximumTable} can be shared");
        SafeFileHandle[] files = [.. regions.Select(region => region.File ?? throw new ProtocolException("guest memory is not shared with other processes"))];
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

    /// <summary>Has a ring served.</summary>
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

    /// <summary>Ends serving a ring, with all that was taken from it given back.</summary>
    /// <returns>Where to go on, as <see cref="RingBase"/> has it.</returns>
    internal uint StopRing(int index)
    {
        lock (_gate)
        {
            _request.Clear();
            _request.WriteUInt32((uint)index);
            _request.WriteUInt32(0);
            MessageReader answer = Ask(FrontendRequest.GetRingBase);
            uint answered = answer.ReadUInt32();
            return answered == index ? answer.ReadUInt32() : throw new ProtocolException($"the back-end stopped ring {answered} instead of {index}");
        }
    }

    /// <summary>The device as it was before its driver, where the back-end knows how. All rings are stopped.</summary>
    internal void Reset()
    {
        if (Protocol.HasFlag(ProtocolFeatures.ResetDevice))
            Tell(FrontendRequest.ResetDevice, _ => { });
    }

    /// <summary>Ends the connection for a thread that waits for an answer. Thread-safe, also after disposal.</summary>
    internal void Abort() => _socket.Shutdown();

    /// <summary>Ends the connection, also for who waits for an answer.</summary>
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

    /// <summary>Sends a request that has no answer of its own; learns whether it was done where that can be learnt.</summary>
    /// <returns>0, or what the back-end refused it with.</returns>
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
            throw new ProtocolException($"what the back-end sent is no answer to {request}, but to {_answer.Request}");
        return _answer.Reader;
    }
}
