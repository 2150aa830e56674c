using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>
/// A back-end of a disk that serves no requests. It answers one message as the test says, correctly or not, and all other messages
/// correctly.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class LyingBackend : IDisposable
{
    internal const ulong Sectors = 2048;

    private const ulong RecordLength = 1 << 16;
    private const ulong Features = (1UL << 32) | (1UL << 30) | (1UL << 29) | (1UL << 28) | (1UL << 12);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("vhost-user").FullName;
    private readonly Socket _listener;
    private readonly ConcurrentDictionary<FrontendRequest, SafeFileHandle> _descriptors = new();

    // The current connection, set by the back-end's thread, and the number of connections so far, which any thread reads.
    private DescriptorSocket? _connection;
    private int _connections;

    // The back-end channel. Only the test's thread uses it.
    private DescriptorSocket? _channel;

    internal LyingBackend()
    {
        Path = System.IO.Path.Combine(_folder, "socket");
        _listener = UnixListening.Start(Path);
        new Thread(Run) { IsBackground = true }.Start();
    }

    internal string Path { get; }

    /// <summary>The message that is not answered correctly.</summary>
    internal FrontendRequest Where { get; set; }

    /// <summary>The wrong behaviour in place of that answer. The test writes all settings, and the back-end's thread reads them.</summary>
    internal Lie Lie { get; set; }

    /// <summary>The number to answer there instead of the correct one.</summary>
    internal ulong? Number { get; set; }

    /// <summary>The file to send as the in-flight record; null for shared memory.</summary>
    internal string? RecordPath { get; set; }

    /// <summary>Number of connections so far.</summary>
    internal int Connections => Volatile.Read(ref _connections);

    /// <summary>The largest configuration, in bytes, that it answers a request for.</summary>
    internal int ConfigLimit { get; set; } = 256;

    /// <summary>Number of bytes of configuration in the last answer.</summary>
    internal int ConfigTold { get; private set; }

    /// <summary>The number of queues in the configuration.</summary>
    internal ushort ConfiguredQueues { get; set; } = 1;

    /// <summary>The last descriptor that came with a request.</summary>
    internal SafeFileHandle Descriptor(FrontendRequest request) => _descriptors[request];

    /// <summary>Sends bytes over the back-end channel.</summary>
    internal void SendOnChannel(byte[] bytes)
    {
        _channel = DescriptorSocket.Of(Descriptor(FrontendRequest.SetBackendChannel));
        _channel.Send(bytes);
    }

    /// <summary>Ends the current connection.</summary>
    internal void Disconnect() => _connection?.Shutdown();

    public void Dispose()
    {
        _listener.Dispose();
        Disconnect();
        _channel?.Dispose();
        foreach (SafeFileHandle descriptor in _descriptors.Values)
            descriptor.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Run()
    {
        try
        {
            while (true)
            {
                using var connection = new DescriptorSocket(_listener.Accept());
                _connection = connection;
                Interlocked.Increment(ref _connections);
                Serve(connection);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The listener has ended.
        }
    }

    private void Serve(DescriptorSocket connection)
    {
        try
        {
            using var message = new Message();
            while (TryReceive(connection, message))
            {
                bool wantsReply = message.Header.Flags.HasFlag(MessageFlags.NeedsReply) || Session.HasAnswer(message.Request);
                if (wantsReply && !Answer(connection, message))
                    return;
            }
        }
        catch (IOException)
        {
            // The front-end has disconnected, or did not wait.
        }
    }

    private bool TryReceive(DescriptorSocket connection, Message message)
    {
        if (!message.TryReceive(connection, Patience, wait: true, MessageFlags.None))
            return false;
        if (message.HasDescriptor)
            Keep(message.Request, message.TakeDescriptor());
        return true;
    }

    private void Keep(FrontendRequest request, SafeFileHandle descriptor)
    {
        if (_descriptors.TryGetValue(request, out SafeFileHandle? before))
            before.Dispose();
        _descriptors[request] = descriptor;
    }

    private bool Answer(DescriptorSocket connection, Message message)
    {
        byte[] payload = PayloadOf(message);
        bool lies = message.Request == Where;
        Lie lie = lies ? Lie : Lie.None;
        if (lies && Number is { } number)
            BinaryPrimitives.WriteUInt64LittleEndian(payload, number);
        if (lie is Lie.Silence or Lie.Close)
            return lie == Lie.Silence;
        if (lie == Lie.TooShort)
            payload = payload[..^5];
        if (lie == Lie.Inverted)
            payload = [.. payload.Select(value => (byte)~value)];
        byte[] answer = new byte[MessageHeader.Length + payload.Length];
        MessageFlags flags = MessageFlags.Version | (lie == Lie.NoAnswer ? MessageFlags.None : MessageFlags.Reply);
        new MessageHeader(
            (uint)message.Request + (lie == Lie.OtherRequest ? 1u : 0),
            flags,
            lie == Lie.TooLong ? 1u << 30 : (uint)payload.Length).Write(answer);
        payload.CopyTo(answer, MessageHeader.Length);
        using SharedMemory? record = message.Request == FrontendRequest.GetInflight ? SharedMemory.Create("record", RecordLength) : null;
        using SafeFileHandle? file = record is null || RecordPath is null
            ? null
            : File.OpenHandle(RecordPath, access: FileAccess.ReadWrite);
        connection.Send(lie == Lie.Half ? answer.AsSpan(0, 14) : answer, file ?? record?.File);
        return true;
    }

    private byte[] PayloadOf(Message message)
    {
        switch (message.Request)
        {
            case FrontendRequest.GetFeatures:
                return RawFrontend.Numbers(Features);
            case FrontendRequest.GetProtocolFeatures:
                return RawFrontend.Numbers(ulong.MaxValue);
            case FrontendRequest.GetQueueCount:
                return RawFrontend.Numbers(1);
            case FrontendRequest.GetInflight:
                return [.. RawFrontend.Numbers(RecordLength, 0), .. message.Payload[16..]];
            case FrontendRequest.GetRingBase:
                return RawFrontend.Numbers(0);
            case FrontendRequest.GetConfig:
                byte[] config = message.Payload.ToArray();
                int length = BinaryPrimitives.ReadInt32LittleEndian(config.AsSpan(4));
                if (length > ConfigLimit)
                    return [];
                ConfigTold = length;
                config.AsSpan(12).Fill(0xa5);
                if (length < 60)
                    return config;
                config.AsSpan(12).Clear();
                BinaryPrimitives.WriteUInt64LittleEndian(config.AsSpan(12), Sectors);
                BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(12 + 34), ConfiguredQueues);
                return config;
            default:
                return RawFrontend.Numbers(0);
        }
    }
}
