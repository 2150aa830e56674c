using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser;
using Virtio.VhostUser.Protocol;

namespace Virtio.Fuzz.Targets;

/// <summary>
/// A front-end's messages on one connection, with payloads and descriptors, in any order. All are sent before the back-end reads the first.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class MessageTarget : IFuzzTarget
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // The counters of a server, which outlives its front-ends.
    private readonly ServerCounters _counters = new(new MessageDevice(), new object());

    public string Name => "vhost-messages";

    public string Summary => "a front-end's messages, with memory, rings, descriptors and what is in flight";

    public void Run(ReadOnlySpan<byte> bytes)
    {
        (DescriptorSocket backend, SafeFileHandle other) = DescriptorSocket.CreatePair();
        using var socket = new Socket(new SafeSocketHandle(other.DangerousGetHandle(), ownsHandle: true));
        other.SetHandleAsInvalid();
        using var frontend = new DescriptorSocket(socket);
        using (backend)
        {
            Say(frontend, bytes);
            socket.Shutdown(SocketShutdown.Send);
            Serve(backend);
        }

        CheckAnswers(frontend);
    }

    private static void Say(DescriptorSocket frontend, ReadOnlySpan<byte> bytes)
    {
        var input = new FuzzInput(bytes);
        using var script = new MessageScript(frontend);
        script.Prepare(ref input);
        while (!script.IsLong && !input.AtEnd)
            script.Say(ref input);
    }

    private void Serve(DescriptorSocket backend)
    {
        // No other thread serves the queues, so stopping them does not wait.
        using var device = new MessageDevice();
        using var session = new Session(
            device,
            new SessionOptions(Packed: true, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(5), NullLogger.Instance),
            _counters,
            () => false,
            new AbandonedRings(),
            new CancellationToken(canceled: true));
        try
        {
            new FrontendConnection(backend, session, NullLogger.Instance).Run();
        }
        catch (IOException)
        {
            // An I/O error of the front-end's connection is expected. Any other exception is a finding.
        }
    }

    /// <summary>
    /// Checks that each reply is complete and has exactly the flags that front-ends require.
    /// </summary>
    private static void CheckAnswers(DescriptorSocket frontend)
    {
        byte[] bytes = new byte[MessageHeader.Length];
        byte[] payload = new byte[MessageHeader.MaximumPayload];
        var descriptors = new List<SafeFileHandle>();
        try
        {
            while (frontend.Receive(bytes, descriptors, Patience, wait: false))
            {
                MessageHeader header = MessageHeader.Read(bytes);
                Check.That(header.Flags == (MessageFlags.Version | MessageFlags.Reply) && header.Size <= payload.Length);
                Check.That(header.Size == 0 || frontend.Receive(payload.AsSpan(0, (int)header.Size), descriptors, Patience, wait: false));
            }
        }
        catch (IOException e) when (!e.Message.Contains("within", StringComparison.Ordinal))
        {
            // The back-end closed the connection with unread messages in the socket.
        }
        finally
        {
            descriptors.ForEach(descriptor => descriptor.Dispose());
        }
    }
}
