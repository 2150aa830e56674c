using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>Kicks, calls and errors come by eventfd. The back-end would write to any other file with its own permissions.</summary>
[SupportedOSPlatform("linux")]
public sealed class SignalKindTests : IDisposable
{
    private readonly SharedGuest _guest = new();

    public static TheoryData<int, string> Wrong
    {
        get
        {
            var wrong = new TheoryData<int, string>();
            foreach (FrontendRequest request
                in (FrontendRequest[])[FrontendRequest.SetRingKick, FrontendRequest.SetRingCall, FrontendRequest.SetRingError])
            {
                foreach (string kind
                    in (string[])["memory", "file", "memfd", "/dev/null", "/dev/zero", "/proc/self/status", "socket", "pipe"])
                {
                    if (kind != "pipe" || request != FrontendRequest.SetRingCall)
                        wrong.Add((int)request, kind);
                }
            }

            return wrong;
        }
    }

    public void Dispose() => _guest.Dispose();

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_descriptor_that_is_no_eventfd_is_refused_and_never_written(int number, string kind)
    {
        var request = (FrontendRequest)number;
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "untouched");
            await using ServedDisk disk = await ServedDisk.StartAsync();
            using RawFrontend peer = disk.Connect();
            SetUp(peer);
            byte[] before = Bytes(_guest.File);
            using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
            using SharedMemory memory = SharedMemory.Create("test", 4096);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            using SafeFileHandle? opened = kind == "file" || kind[0] == '/'
                ? File.OpenHandle(kind == "file" ? path : kind, access: kind[1] == 'p' ? FileAccess.Read : FileAccess.ReadWrite)
                : null;
            SafeFileHandle handle = kind switch
            {
                "memory" => _guest.File,
                "memfd" => memory.File!,
                "socket" => new SafeFileHandle(socket.Handle, ownsHandle: false),
                "pipe" => new SafeFileHandle(pipe.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false),
                _ => opened!,
            };
            Assert.False(peer.Try(request, RawFrontend.Numbers(0), handle));

            // Compares up to the used ring, in which the worker asks for kicks as it falls asleep. A wrong write would go to the file's
            // beginning.
            Assert.Equal(before[..SharedGuest.Used], Bytes(_guest.File)[..SharedGuest.Used]);
            Assert.Equal(new byte[4096], Bytes(memory.File!));
            Assert.Equal("untouched", await File.ReadAllTextAsync(path));

            // The back-end still uses the earlier descriptors.
            _guest.Offer();
            _guest.Await();
            await SharedGuest.AwaitCallAsync(_guest.Calls);

            // A front-end that does not use NEED_REPLY learns of the failure by the end of its connection.
            peer.Send(FrontendRequest.SetProtocolFeatures, 0ul);
            peer.Send(request, 0, handle);
            Assert.True(peer.HasEnded());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task An_eventfd_that_is_a_semaphore_or_that_waits_and_is_full_serves_as_well_as_any_other()
    {
        await using ServedDisk disk = await ServedDisk.StartAsync();
        using RawFrontend peer = disk.Connect();
        SetUp(peer);
        using SafeFileHandle kicks = EventStatus.CreateSemaphore();
        using var calls = new EventDescriptor();
        RandomAccess.Write(calls.Handle, BitConverter.GetBytes(ulong.MaxValue - 1), 0);
        Assert.True(peer.Try(FrontendRequest.SetRingKick, RawFrontend.Numbers(0), kicks));
        Assert.True(peer.Try(FrontendRequest.SetRingCall, RawFrontend.Numbers(0), calls.Handle));
        for (int i = 0; i < 5; i++)
        {
            _guest.Offer(null);
            RandomAccess.Write(kicks, BitConverter.GetBytes(3UL), 0);
            _guest.Await();
        }

        Assert.Equal(ulong.MaxValue - 1, calls.Take());
    }

    private static byte[] Bytes(SafeFileHandle file)
    {
        byte[] bytes = new byte[RandomAccess.GetLength(file)];
        Assert.Equal(bytes.Length, RandomAccess.Read(file, bytes, 0));
        return bytes;
    }

    private void SetUp(RawFrontend peer)
    {
        peer.Send(
            FrontendRequest.SetProtocolFeatures,
            peer.AskNumber(FrontendRequest.GetProtocolFeatures) & ~(ulong)ProtocolFeatures.InBandNotifications);
        peer.Send(FrontendRequest.SetFeatures, ServedDisk.Version1 | ServedDisk.ProtocolFeatures);
        peer.Send(FrontendRequest.SetMemoryTable, SharedGuest.MemoryTable(), _guest.File);
        _guest.SetUpRing(peer);
        _guest.Offer();
        _guest.Await();
    }
}
