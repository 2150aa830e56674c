using System.Buffers.Binary;
using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed class PortTests
{
    [Theory]
    [InlineData(GuestRing.Kernel, "al", 1, 0x88ul)]
    [InlineData(GuestRing.Kernel, "ax", 2, 0x7788ul)]
    [InlineData(GuestRing.Kernel, "eax", 4, 0x55667788ul)]
    [InlineData(GuestRing.User, "al", 1, 0x88ul)]
    [InlineData(GuestRing.User, "ax", 2, 0x7788ul)]
    [InlineData(GuestRing.User, "eax", 4, 0x55667788ul)]
    public void A_write_of_every_width_arrives(GuestRing ring, string register, int size, ulong value)
    {
        using var guest = BareMetalGuest.Create($"mov eax, 0x55667788; mov edx, 0xabcd; out dx, {register}; 1: jmp 1b", ring);

        guest.RunTo(KvmExitReason.Port);

        KvmPortExit port = guest.Vcpu.Port;
        Assert.Equal((0xabcd, size, 1, true), (port.Port, port.Size, port.Count, port.IsWrite));
        Assert.Equal(value, Number(port.Data));
    }

    [Theory]
    [InlineData(GuestRing.Kernel, "al", 1, 0xffffffffffffff81ul)]
    [InlineData(GuestRing.Kernel, "ax", 2, 0xffffffffffff8281ul)]
    [InlineData(GuestRing.Kernel, "eax", 4, 0x84838281ul)]
    [InlineData(GuestRing.User, "al", 1, 0xffffffffffffff81ul)]
    [InlineData(GuestRing.User, "ax", 2, 0xffffffffffff8281ul)]
    [InlineData(GuestRing.User, "eax", 4, 0x84838281ul)]
    public void A_read_of_every_width_is_answered(GuestRing ring, string register, int size, ulong result)
    {
        using var guest = BareMetalGuest.Create(
            $"mov rax, -1; mov edx, 0xabcd; in {register}, dx; mov [0x100000], rax; out 0x10, al", ring);

        guest.RunTo(KvmExitReason.Port);
        KvmPortExit port = guest.Vcpu.Port;
        Assert.Equal((0xabcd, size, 1, false), (port.Port, port.Size, port.Count, port.IsWrite));
        Assert.Equal(0ul, Number(port.Data));
        new byte[] { 0x81, 0x82, 0x83, 0x84 }.AsSpan(0, size).CopyTo(port.Data);
        guest.RunTo(KvmExitReason.Port);

        Assert.Equal(0x10, guest.Vcpu.Port.Port);
        Assert.Equal(result, guest.ReadData());
    }

    [Theory]
    [InlineData(GuestRing.Kernel, "outsb", 1)]
    [InlineData(GuestRing.Kernel, "outsw", 2)]
    [InlineData(GuestRing.Kernel, "outsd", 4)]
    [InlineData(GuestRing.User, "outsd", 4)]
    public void Repeated_writes_arrive_in_order_and_whole(GuestRing ring, string instruction, int size)
    {
        const int count = 24;
        using var guest = BareMetalGuest.Create(
            $"mov edx, 0x500; mov ecx, {count}; mov esi, 0x100000; cld; rep {instruction}; out 0x10, al; 1: jmp 1b", ring);
        Span<byte> sent = guest.Memory.Slice((int)BareMetalGuest.DataAddress, count * size);
        new Random(1).NextBytes(sent);
        var arrived = new List<byte>();

        for (guest.RunTo(KvmExitReason.Port); guest.Vcpu.Port.Port == 0x500; guest.RunTo(KvmExitReason.Port))
        {
            KvmPortExit port = guest.Vcpu.Port;
            Assert.Equal((size, true, port.Data.Length), (port.Size, port.IsWrite, port.Count * size));
            arrived.AddRange(port.Data);
        }

        Assert.Equal(sent.ToArray(), arrived);
    }

    [Theory]
    [InlineData(GuestRing.Kernel, "insb", 1)]
    [InlineData(GuestRing.Kernel, "insw", 2)]
    [InlineData(GuestRing.Kernel, "insd", 4)]
    [InlineData(GuestRing.User, "insd", 4)]
    public void Repeated_reads_are_answered_in_order_and_whole(GuestRing ring, string instruction, int size)
    {
        const int count = 24;
        using var guest = BareMetalGuest.Create(
            $"mov edx, 0x500; mov ecx, {count}; mov edi, 0x100000; cld; rep {instruction}; out 0x10, al; 1: jmp 1b", ring);
        byte[] sent = new byte[count * size];
        new Random(1).NextBytes(sent);
        int position = 0;

        for (guest.RunTo(KvmExitReason.Port); guest.Vcpu.Port.Port == 0x500; guest.RunTo(KvmExitReason.Port))
        {
            KvmPortExit port = guest.Vcpu.Port;
            Assert.Equal((size, false, port.Data.Length), (port.Size, port.IsWrite, port.Count * size));
            sent.AsSpan(position, port.Data.Length).CopyTo(port.Data);
            position += port.Data.Length;
        }

        Assert.Equal(sent.Length, position);
        Assert.Equal(sent, guest.Memory.Slice((int)BareMetalGuest.DataAddress, sent.Length).ToArray());
    }

    private static ulong Number(ReadOnlySpan<byte> data)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        data.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
