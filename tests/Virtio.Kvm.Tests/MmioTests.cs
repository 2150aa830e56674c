using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed class MmioTests
{
    private const string End = "; out 0x10, al; 1: jmp 1b";

    private static readonly byte[] Bytes = [0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88];

    public static TheoryData<GuestRing, string, int> Widths => new()
    {
        { GuestRing.Kernel, "al", 1 },
        { GuestRing.Kernel, "ax", 2 },
        { GuestRing.Kernel, "eax", 4 },
        { GuestRing.Kernel, "rax", 8 },
        { GuestRing.User, "al", 1 },
        { GuestRing.User, "ax", 2 },
        { GuestRing.User, "eax", 4 },
        { GuestRing.User, "rax", 8 },
    };

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_write_of_every_width_arrives(GuestRing ring, string register, int size)
    {
        using var guest = BareMetalGuest.Create($"mov ebx, 0xd0000050; mov rax, 0x8887868584838281; mov [rbx], {register}{End}", ring);

        guest.RunTo(KvmExitReason.Mmio);

        KvmMmioExit mmio = guest.Vcpu.Mmio;
        Assert.Equal((0xd0000050ul, true), (mmio.Address, mmio.IsWrite));
        Assert.Equal(Bytes[..size], mmio.Data.ToArray());
        guest.RunTo(KvmExitReason.Port);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_read_of_every_width_is_answered(GuestRing ring, string register, int size)
    {
        using var guest = BareMetalGuest.Create(
            $"mov ebx, 0xd0000050; xor eax, eax; mov {register}, [rbx]; mov [0x100000], rax{End}", ring);

        guest.RunTo(KvmExitReason.Mmio);
        KvmMmioExit mmio = guest.Vcpu.Mmio;
        Assert.Equal((0xd0000050ul, false), (mmio.Address, mmio.IsWrite));
        Assert.Equal(new byte[size], mmio.Data.ToArray());
        Bytes.AsSpan(0, size).CopyTo(mmio.Data);
        guest.RunTo(KvmExitReason.Port);

        Assert.Equal(Bytes[..size], guest.Memory.Slice((int)BareMetalGuest.DataAddress, size).ToArray());
    }

    [Fact]
    public void Above_the_memory_is_a_device_too()
    {
        using var guest = BareMetalGuest.Create($"mov rbx, 0x110000008; mov [rbx], eax{End}");

        guest.RunTo(KvmExitReason.Mmio);

        Assert.Equal(0x110000008ul, guest.Vcpu.Mmio.Address);
    }

    [Fact]
    public void An_access_across_pages_comes_in_two_parts_that_make_one_value()
    {
        using var guest = BareMetalGuest.Create($"mov ebx, 0xd0000ffd; mov rax, [rbx]; mov [0x100000], rax{End}");

        guest.RunTo(KvmExitReason.Mmio);
        KvmMmioExit first = guest.Vcpu.Mmio;
        Assert.Equal((0xd0000ffdul, 3), (first.Address, first.Data.Length));
        Bytes.AsSpan(0, 3).CopyTo(first.Data);
        guest.RunTo(KvmExitReason.Mmio);
        KvmMmioExit second = guest.Vcpu.Mmio;
        Assert.Equal((0xd0001000ul, 5), (second.Address, second.Data.Length));
        Bytes.AsSpan(3).CopyTo(second.Data);
        guest.RunTo(KvmExitReason.Port);

        Assert.Equal(0x8887868584838281ul, guest.ReadData());
    }

    [Fact]
    public void Completing_an_access_puts_the_answer_into_the_registers_and_runs_nothing_more()
    {
        using var guest = BareMetalGuest.Create($"mov ebx, 0xd0000000; mov eax, [rbx]; mov dword ptr [0x100000], 1{End}");
        guest.RunTo(KvmExitReason.Mmio);
        new byte[] { 1, 2, 3, 4 }.CopyTo(guest.Vcpu.Mmio.Data);

        Assert.Equal(KvmExitReason.Interrupted, guest.Vcpu.CompleteExit());

        Assert.Equal(0x04030201ul, guest.Vcpu.GetRegisters().Rax);
        Assert.Equal(0ul, guest.ReadData());
        Assert.Throws<InvalidOperationException>(() => guest.Vcpu.Mmio.Address);
    }

    [Theory]
    [InlineData(GuestRing.Kernel)]
    [InlineData(GuestRing.User)]
    public void Registers_that_are_set_at_an_access_are_not_changed_by_its_completion(GuestRing ring)
    {
        using var guest = BareMetalGuest.Create($"mov ebx, 0xd0000000; mov eax, [rbx]; ud2; .org 0x40; mov [0x100000], rax{End}", ring);
        guest.RunTo(KvmExitReason.Mmio);
        new byte[] { 1, 2, 3, 4 }.CopyTo(guest.Vcpu.Mmio.Data);
        KvmRegisters registers = guest.Vcpu.GetRegisters();

        guest.Vcpu.SetRegisters(registers with { Rip = BareMetalGuest.CodeAddress + 0x40, Rax = 0x55 });
        guest.RunTo(KvmExitReason.Port);

        Assert.Equal(0x55ul, guest.ReadData());
    }

    [Fact]
    public void Registers_are_not_set_in_the_middle_of_an_instruction()
    {
        using var guest = BareMetalGuest.Create($"mov ebx, 0xd0000ffd; mov rax, [rbx]{End}");
        guest.RunTo(KvmExitReason.Mmio);

        Assert.Throws<InvalidOperationException>(() => guest.Vcpu.SetRegisters(default));

        guest.RunTo(KvmExitReason.Port);
    }
}
