using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

/// <summary>The flag by which a guest learns of a pause.</summary>
public sealed class PauseTests
{
    private const string SharesClock = "mov ecx, 0x4b564d01; xor edx, edx; mov eax, 0x100001; wrmsr";
    private const int Flags = 29; // struct pvclock_vcpu_time_info
    private const byte GuestStopped = 2;

    [Fact]
    public void A_guest_without_a_shared_clock_cannot_be_told_that_it_was_paused()
    {
        using BareMetalGuest guest = BareMetalGuest.Create("out 0x10, al; 1: jmp 1b");
        guest.RunTo(KvmExitReason.Port);

        Assert.False(guest.Vcpu.MarkPaused());
    }

    [Fact]
    public void A_guest_with_a_shared_clock_is_told_that_it_was_paused()
    {
        using BareMetalGuest guest = BareMetalGuest.Create($"{SharesClock}; out 0x10, al; 1: out 0x11, al; jmp 1b");
        guest.RunTo(KvmExitReason.Port);
        guest.RunTo(KvmExitReason.Port);
        Assert.Equal(0, guest.Memory[(int)BareMetalGuest.DataAddress + Flags] & GuestStopped);

        Assert.SkipUnless(guest.Vcpu.MarkPaused(), "this KVM does not share its clock with a guest, or has no KVM_KVMCLOCK_CTRL");
        guest.RunTo(KvmExitReason.Port);

        Assert.Equal(GuestStopped, guest.Memory[(int)BareMetalGuest.DataAddress + Flags] & GuestStopped);
    }
}
