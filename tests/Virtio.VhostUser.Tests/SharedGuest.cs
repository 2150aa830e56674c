using System.Buffers.Binary;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>A guest's memory in a file, with a split ring of 8. Every request reads sector 0 into <see cref="Data"/>.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class SharedGuest : IDisposable
{
    internal const ulong GuestAddress = 0x4000_0000;
    internal const ulong UserAddress = 0x7f00_0000_0000;
    internal const ulong Length = 1 << 20;
    internal const uint RingSize = 8;
    private const ulong Table = 0;
    private const ulong Available = 0x1000;
    internal const int Used = 0x2000;
    private const ulong Header = 0x3000;
    private const ulong Status = 0x3100;
    private const ulong DataPlace = 0x4000;
    private const int SectorSize = 512;

    internal string Path { get; } = System.IO.Path.Combine(
        System.IO.Path.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());
    private readonly SharedMemory _memory;
    private ushort _offered;

    internal SharedGuest()
    {
        File = System.IO.File.OpenHandle(Path, FileMode.Create, FileAccess.ReadWrite);
        RandomAccess.SetLength(File, (long)Length);
        _memory = SharedMemory.Map(File, 0, Length);
    }

    internal SafeFileHandle File { get; }

    internal EventDescriptor Kicks { get; } = new();

    internal EventDescriptor Calls { get; } = new();

    internal Span<byte> Data => At(DataPlace, SectorSize);

    internal ushort UsedIndex => Volatile.Read(ref *(ushort*)(_memory.Address + (nint)Used + 2));

    internal byte RequestStatus => At(Status, 1)[0];

    /// <summary>The payload of a memory table with one region.</summary>
    internal static byte[] MemoryTable() => RawFrontend.Numbers(1, GuestAddress, Length, UserAddress, 0);

    internal static byte[] Region() => RawFrontend.Numbers(0, GuestAddress, Length, UserAddress, 0);

    internal static byte[] RingAddresses(uint ring = 0) =>
        RawFrontend.Numbers(ring, UserAddress + Table, UserAddress + Used, UserAddress + Available, GuestAddress + Used);

    /// <summary>Sends all messages that describe the ring.</summary>
    internal void SetUpRing(RawFrontend peer)
    {
        peer.Send(FrontendRequest.SetRingSize, (0, RingSize));
        peer.Send(FrontendRequest.SetRingBase, (0, 0));
        peer.Send(FrontendRequest.SetRingAddresses, RingAddresses());
        peer.Send(FrontendRequest.SetRingCall, 0, Calls.Handle);
        peer.Send(FrontendRequest.SetRingKick, 0, Kicks.Handle);
        peer.Send(FrontendRequest.SetRingEnable, (0, 1));
    }

    /// <summary>Makes a request available and kicks.</summary>
    internal void Offer() => Offer(Kicks);

    /// <summary>Makes a request available and kicks with another descriptor, or not at all.</summary>
    internal void Offer(EventDescriptor? kicks)
    {
        At(Header, 16).Clear();
        Data.Clear();
        At(Status, 1)[0] = 0xff;
        Describe(0, Header, 16, 1, 1);
        Describe(1, DataPlace, SectorSize, 3, 2);
        Describe(2, Status, 1, 2, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(At(Available + 4 + (_offered % RingSize * 2), 2), 0);
        _offered++;
        Volatile.Write(ref *(ushort*)(_memory.Address + (nint)Available + 2), _offered);
        Interlocked.MemoryBarrier();
        kicks?.Add();
    }

    /// <summary>Waits until the request is completed.</summary>
    internal void Await()
    {
        Assert.True(
            SpinWait.SpinUntil(() => UsedIndex == _offered, TimeSpan.FromSeconds(30)),
            $"the request was not completed: used index {UsedIndex}, offered {_offered}");
        Assert.Equal(0, RequestStatus);
    }

    /// <summary>Waits for an interrupt, which may come after the used index.</summary>
    internal static Task AwaitCallAsync(EventDescriptor calls) =>
        Task.Run(() => SpinWait.SpinUntil(() => WasCalled(calls))).WaitAsync(TimeSpan.FromSeconds(30));

    internal void Cut(long length) => RandomAccess.SetLength(File, length);

    public void Dispose()
    {
        _memory.Dispose();
        File.Dispose();
        Kicks.Dispose();
        Calls.Dispose();
        System.IO.File.Delete(Path);
    }

    // The back-end, which shares the file description, decides whether a read without an event waits or fails.
    private static bool WasCalled(EventDescriptor calls)
    {
        try
        {
            return calls.Take() > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Span<byte> At(ulong offset, int length) => new((byte*)_memory.Address + offset, length);

    private void Describe(uint index, ulong place, uint length, ushort flags, ushort next)
    {
        Span<byte> entry = At(Table + (index * 16), 16);
        BinaryPrimitives.WriteUInt64LittleEndian(entry, GuestAddress + place);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], length);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[12..], flags);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[14..], next);
    }
}
