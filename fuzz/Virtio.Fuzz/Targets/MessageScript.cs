using System.Buffers.Binary;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.Fuzz.Targets;

/// <summary>A front-end that sends the messages of an input. It can also set up a valid ring when the input asks for that.</summary>
[SupportedOSPlatform("linux")]
internal sealed class MessageScript(DescriptorSocket socket) : IDisposable
{
    private const ulong UserAddress = 0x7f00_0000_0000;
    private const ulong GuestAddress = 0x4000_0000;
    private const int Length = 0x8000;
    private const ulong Version1 = 1UL << 32;
    private const ulong Packed = 1UL << 34;
    private const ulong HasProtocolFeatures = 1UL << 30;
    private const int MaximumWords = 48;

    // All messages are in the socket before the first one is read.
    private const int MaximumMessages = 80;

    private readonly SharedMemory _memory = SharedMemory.Create("fuzz", Length);
    private readonly SharedMemory _other = SharedMemory.Create("fuzz-other", 0x2000);
    private readonly EventDescriptor _event = new();
    private int _sent; // messages so far
    private readonly SafeFileHandle _null = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);

    internal bool IsLong => _sent >= MaximumMessages;

    /// <summary>Writes the guest's memory before the back-end maps it.</summary>
    internal void Prepare(ref FuzzInput input)
    {
        Span<byte> available = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(available, (ushort)(input.Byte() % 8));
        RandomAccess.Write(_memory.File!, available, 0x1002);
        Span<byte> descriptor = stackalloc byte[16];
        for (int count = input.Byte() % 32; count > 0; count--)
        {
            ulong place = input.Byte() * 16UL;
            if ((place & 0x800) != 0)
                place += 0x800;
            BinaryPrimitives.WriteUInt64LittleEndian(descriptor, Word(ref input));
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor[8..], input.Length());
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor[12..], input.UInt32());
            RandomAccess.Write(_memory.File!, descriptor, (long)place);
        }
    }

    internal void Say(ref FuzzInput input)
    {
        byte request = input.Byte();
        if (request >= 0xf0)
        {
            SetUpRing((uint)request & 1, (request & 2) != 0, (request & 4) != 0);
            return;
        }

        byte how = input.Byte();
        int words = how % 8 == 7 ? input.Byte() % MaximumWords : how % 8;
        byte[] payload = new byte[words * sizeof(ulong)];
        for (int i = 0; i < words; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(i * sizeof(ulong)), Word(ref input));
        MessageFlags flags = MessageFlags.Version | ((how & 8) != 0 ? MessageFlags.NeedsReply : 0);
        if (request >= 0xe0)
            flags = (MessageFlags)input.Byte();
        uint said = request % 48u;

        // A state transfer that never ends blocks the back-end, which is correct but takes too long. /dev/null ends at once.
        Send(said, flags, payload, said == (uint)FrontendRequest.SetDeviceState ? [_null] : Descriptors(how >> 4));
    }

    public void Dispose()
    {
        _memory.Dispose();
        _other.Dispose();
        _event.Dispose();
        _null.Dispose();
    }

    private SafeFileHandle[] Descriptors(int kind) => kind switch
    {
        < 4 => [],
        < 8 => [_memory.File!],
        8 => [_other.File!],
        9 => [_memory.File!, _other.File!],
        10 => [_null],
        11 => [_event.Handle, _event.Handle],
        _ => [_event.Handle],
    };

    /// <summary>A number that has a meaning in some message, or an arbitrary one.</summary>
    private static ulong Word(ref FuzzInput input)
    {
        byte kind = input.Byte();
        return kind switch
        {
            < 0x40 => kind,
            < 0x50 => UserAddress + ((kind & 0xfUL) * 0x800),
            < 0x60 => GuestAddress + ((kind & 0xfUL) * 0x800),
            < 0x70 => (kind & 0xfUL) * 0x1000,
            < 0x80 => (kind & 3UL) << 32,
            < 0x90 => (kind & 1UL) | ((ulong)input.Byte() << 32),
            < 0xa0 => 0x100 | (kind & 3UL),
            0xa0 => ulong.MaxValue,
            0xa1 => Version1 | HasProtocolFeatures,
            0xa2 => Version1 | Packed | HasProtocolFeatures,
            0xa3 => 1UL << 63,
            0xa4 => 0x8000_8000_0000_0000,
            0xa5 => Version1 | HasProtocolFeatures | (1UL << 26),
            < 0xc0 => 1UL << (kind & 0x1f),
            < 0xd0 => UserAddress + input.UInt16(),
            < 0xe0 => GuestAddress + input.UInt16(),
            _ => input.UInt64(),
        };
    }

    /// <summary>Sends what a correct front-end sends.</summary>
    private void SetUpRing(uint ring, bool packed, bool recorded)
    {
        Send(FrontendRequest.SetProtocolFeatures, [], ulong.MaxValue);
        Send(FrontendRequest.SetFeatures, [], Version1 | HasProtocolFeatures | (packed ? Packed : 0));
        Send(FrontendRequest.SetMemoryTable, [_memory.File!], 1, GuestAddress, Length, UserAddress, 0);
        if (recorded)
            Send(FrontendRequest.SetInflight, [_other.File!], 0x2000, 0, 2 | (8 << 16));
        Send(FrontendRequest.SetRingSize, [], ring | (8UL << 32));
        Send(FrontendRequest.SetRingBase, [], ring | (packed ? 0x8000_8000UL << 32 : 0));
        Send(FrontendRequest.SetRingAddresses, [], ring, UserAddress, UserAddress + 0x2000, UserAddress + 0x1000, GuestAddress + 0x2000);
        Send(FrontendRequest.SetRingCall, [_event.Handle], ring);
        Send(FrontendRequest.SetRingKick, [_event.Handle], ring);
        Send(FrontendRequest.SetRingEnable, [], ring | (1UL << 32));
    }

    private void Send(FrontendRequest request, SafeFileHandle[] descriptors, params ReadOnlySpan<ulong> words)
    {
        byte[] payload = new byte[words.Length * sizeof(ulong)];
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(i * sizeof(ulong)), words[i]);
        Send((uint)request, MessageFlags.Version, payload, descriptors);
    }

    private void Send(uint request, MessageFlags flags, byte[] payload, SafeFileHandle[] descriptors)
    {
        byte[] message = new byte[MessageHeader.Length + payload.Length];
        new MessageHeader(request, flags, (uint)payload.Length).Write(message);
        payload.CopyTo(message.AsSpan(MessageHeader.Length));
        _sent++;
        socket.Send(message, descriptors);
    }
}
