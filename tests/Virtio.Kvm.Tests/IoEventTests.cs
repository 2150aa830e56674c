using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed class IoEventTests
{
    private const ulong Notify = BareMetalGuest.DeviceAddress + 0x50;
    private const string End = "; out 0x10, al; 1: jmp 1b";

    [Theory]
    [InlineData(GuestRing.Kernel)]
    [InlineData(GuestRing.User)]
    public void A_write_of_the_value_signals_the_event_and_does_not_leave_the_guest(GuestRing ring)
    {
        using var guest = BareMetalGuest.Create($"mov ebx, 0xd0000050; mov dword ptr [rbx], 3; mov dword ptr [rbx], 3{End}", ring);
        using var signalled = new EventDescriptor();
        using var other = new EventDescriptor();
        guest.Vm.AddIoEvent(new KvmIoEvent(Notify, 4) { Match = 3 }, signalled.Handle);
        guest.Vm.AddIoEvent(new KvmIoEvent(Notify, 4) { Match = 4 }, other.Handle);

        guest.RunTo(KvmExitReason.Port);

        Assert.Equal((2ul, 0ul), (signalled.Take(), other.Take()));
    }

    [Theory]
    [InlineData("mov dword ptr [rbx], 4", "another value")]
    [InlineData("mov word ptr [rbx], 3", "another width")]
    [InlineData("mov dword ptr [rbx + 4], 3", "another address")]
    [InlineData("mov eax, [rbx]", "a read")]
    public void Anything_else_leaves_the_guest(string access, string what)
    {
        using var guest = BareMetalGuest.Create($"mov ebx, 0xd0000050; {access}{End}");
        using var signalled = new EventDescriptor();
        guest.Vm.AddIoEvent(new KvmIoEvent(Notify, 4) { Match = 3 }, signalled.Handle);

        guest.RunTo(KvmExitReason.Mmio);

        Assert.True(signalled.Take() == 0, what);
    }

    [Fact]
    public void An_event_without_a_length_takes_writes_of_every_width_and_value()
    {
        using var guest = BareMetalGuest.Create(
            $"mov ebx, 0xd0000050; mov byte ptr [rbx], 1; mov word ptr [rbx], 2; mov dword ptr [rbx], 3; mov [rbx], rax{End}");
        using var signalled = new EventDescriptor();
        Assert.SkipUnless(guest.Vm.CheckExtension(KvmCapability.IoEventWithoutLength) > 0, "this KVM lacks KVM_CAP_IOEVENTFD_NO_LENGTH");
        guest.Vm.AddIoEvent(new KvmIoEvent(Notify, 0), signalled.Handle);

        guest.RunTo(KvmExitReason.Port);

        Assert.Equal(4ul, signalled.Take());
    }

    [Theory]
    [InlineData(GuestRing.Kernel)]
    [InlineData(GuestRing.User)]
    public void Writes_to_a_port_signal_an_event(GuestRing ring)
    {
        using var guest = BareMetalGuest.Create(
            "mov edx, 0x500; mov eax, 7; out dx, ax; mov eax, 8; out dx, ax; out 0x10, al; 1: jmp 1b", ring);
        using var signalled = new EventDescriptor();
        guest.Vm.AddIoEvent(new KvmIoEvent(0x500, 2) { IsPort = true, Match = 7 }, signalled.Handle);

        guest.RunTo(KvmExitReason.Port);

        Assert.Equal(1ul, signalled.Take());
        Assert.Equal((ushort)0x500, guest.Vcpu.Port.Port);
        guest.RunTo(KvmExitReason.Port);
        Assert.Equal((ushort)0x10, guest.Vcpu.Port.Port);
    }

    [Fact]
    public void An_event_that_was_removed_is_signalled_no_more()
    {
        using var guest = BareMetalGuest.Create($"mov ebx, 0xd0000050; mov dword ptr [rbx], 3{End}");
        using var signalled = new EventDescriptor();
        var write = new KvmIoEvent(Notify, 4) { Match = 3 };
        guest.Vm.AddIoEvent(write, signalled.Handle);

        guest.Vm.RemoveIoEvent(write, signalled.Handle);

        guest.RunTo(KvmExitReason.Mmio);
        Assert.Equal(0ul, signalled.Take());
    }

    [Fact]
    public void What_KVM_does_not_take_is_an_error_that_names_the_call()
    {
        using var guest = BareMetalGuest.Create("1: jmp 1b");
        using var signalled = new EventDescriptor();
        var write = new KvmIoEvent(Notify, 4) { Match = 3 };
        guest.Vm.AddIoEvent(write, signalled.Handle);

        Assert.Equal(
            "KVM_IOEVENTFD: EEXIST (File exists)",
            Assert.Throws<KvmException>(() => guest.Vm.AddIoEvent(write, signalled.Handle)).Message);
        Assert.Equal(
            "KVM_IOEVENTFD: EINVAL (Invalid argument)",
            Assert.Throws<KvmException>(() => guest.Vm.AddIoEvent(new KvmIoEvent(Notify, 3), signalled.Handle)).Message);
        Assert.Equal(
            "KVM_IOEVENTFD: ENOENT (No such file or directory)",
            Assert.Throws<KvmException>(() => guest.Vm.RemoveIoEvent(write with { Match = 4 }, signalled.Handle)).Message);
    }
}
