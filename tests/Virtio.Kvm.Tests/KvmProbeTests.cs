using Virtio.Kvm.Interop;
using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed class KvmProbeTests
{
    [Theory]
    [InlineData(0.3)]
    [InlineData(30)]
    public void What_a_processor_or_one_that_QEMU_emulates_takes_is_usable(double nanoseconds) =>
        Assert.True(KvmProbe.Judge(nanoseconds).IsUsable);

    [Fact]
    public void What_an_interpreter_takes_is_not_usable() =>
        Assert.Equal(
            new KvmProbeResult(false, "KVM on this host is emulated and slow")
            {
                Measured = "an instruction of a guest's kernel takes 548 ns",
            },
            KvmProbe.Judge(547.6));

    [Fact]
    public void A_missing_device_is_a_finding_that_says_what_may_be_wrong()
    {
        KvmProbeResult result = KvmProbe.Run("/dev/no-such-device");

        Assert.False(result.IsUsable);
        Assert.Equal(
            "there is no /dev/no-such-device: the processor's virtualization is switched off, or the module kvm_amd or kvm_intel is not "
            + "loaded",
            result.Reason);
    }

    [Fact]
    public void A_device_that_may_not_be_opened_is_a_finding_that_says_what_helps()
    {
        string reason = KvmProbe.Explain(new KvmException("/dev/kvm", ErrorNumbers.AccessDenied), "/dev/kvm");

        Assert.Equal("/dev/kvm may not be opened by this user; 'sudo usermod -aG kvm $USER' and a new login help", reason);
    }

    [Fact]
    public void A_device_that_is_something_else_is_a_finding_that_names_the_call() =>
        Assert.Equal(new KvmProbeResult(false, "KVM_GET_API_VERSION: ENOTTY (Inappropriate ioctl for device)"), KvmProbe.Run("/dev/null"));

    [Fact]
    public void A_KVM_that_interprets_kernels_is_told_by_the_time_that_it_takes()
    {
        Assert.SkipUnless(
            Path.Exists("/sys/module/kvm_pvm"),
            "this host's KVM, if there is one, is not of the kind that interprets kernels");
        Host.OpenKvm().Dispose();

        KvmProbeResult result = KvmProbe.Run();

        Assert.False(result.IsUsable);
        Assert.Equal("KVM on this host is emulated and slow", result.Reason);
        Assert.Matches("^an instruction of a guest's kernel takes [0-9]{3,5} ns$", result.Measured);
    }

    [Fact]
    public void A_KVM_on_the_processors_own_virtualization_is_usable()
    {
        Assert.SkipUnless(
            Path.Exists("/sys/module/kvm_amd") || Path.Exists("/sys/module/kvm_intel"),
            "this host's processor gives its KVM no virtualization");
        Host.OpenKvm().Dispose();

        Assert.Equal(new KvmProbeResult(true, "KVM runs guests on the processor itself"), KvmProbe.Run());
    }

    [Fact]
    public void A_guest_that_is_stopped_gives_no_verdict()
    {
        using KvmSystem system = Host.OpenKvm();
        using var guest = new CountingGuest(system);

        guest.Stop();

        Assert.Null(guest.Measure());
    }
}
