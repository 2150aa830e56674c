using Virtio.Kvm;
using Virtio.Vmm.Tests.Linux;

namespace Virtio.Vmm.Tests.Machines;

public sealed class MicroVmMachineChoiceTests
{
    private static readonly KvmProbeResult Usable = new(true, "it is fast");
    private static readonly KvmProbeResult Unusable = new(false, "it is slow");
    private static readonly BootSource X86 = BootSource.FromBytes(X86KernelImages.BzImage(), "bzImage");
    private static readonly BootSource Riscv = KernelImages.Zstd(KernelImages.Riscv());
    private static readonly BootSource Nonsense = new byte[4096];

    public static TheoryData<string, bool, MicroVmMachine, string> Choices => new()
    {
        { "none", true, MicroVmMachine.Kvm, "it is fast" },
        { "none", false, MicroVmMachine.Software, "it is slow" },
        { "x86", true, MicroVmMachine.Kvm, "it is fast" },
        { "riscv", true, MicroVmMachine.Software, "the kernel is for riscv64" },
        { "u-boot", true, MicroVmMachine.Software, "the kernel is for riscv64" },
        { "riscv", false, MicroVmMachine.Software, "it is slow" },
        { "nonsense", true, MicroVmMachine.Kvm, "it is fast" },
        { "nonsense", false, MicroVmMachine.Software, "it is slow" },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public void The_kernel_and_the_host_decide_together(string kernel, bool isUsable, MicroVmMachine expected, string reason) =>
        Assert.Equal(
            new MicroVmMachineChoice(expected, reason),
            MicroVmMachineChoice.Choose(MicroVmMachine.Auto, Kernel(kernel), isUsable ? Usable : Unusable));

    [Fact]
    public void An_x86_kernel_on_a_host_without_KVM_is_refused_with_what_is_wrong_with_KVM()
    {
        var refusal = Assert.Throws<BootException>(() => MicroVmMachineChoice.Choose(MicroVmMachine.Auto, X86, Unusable));
        Assert.Equal("cannot boot 'bzImage': it is an x86 kernel, which needs KVM, and it is slow", refusal.Message);
    }

    [Theory]
    [InlineData(MicroVmMachine.Kvm)]
    [InlineData(MicroVmMachine.Software)]
    public void Who_names_a_machine_gets_it(MicroVmMachine machine) =>
        Assert.Equal(machine, MicroVmMachineChoice.Choose(machine, Nonsense, Usable).Machine);

    [Fact]
    public void Who_names_KVM_where_it_is_of_no_use_is_told_why()
    {
        var refusal = Assert.Throws<PlatformNotSupportedException>(() => MicroVmMachineChoice.Choose(MicroVmMachine.Kvm, X86, Unusable));
        Assert.Equal("the KVM machine does not run here: it is slow", refusal.Message);
    }

    [Fact]
    public void A_kernel_that_is_not_there_decides_nothing() =>
        Assert.Throws<BootException>(() => MicroVmMachineChoice.For(MicroVmMachine.Auto, "/nowhere/vmlinuz"));

    private static BootSource? Kernel(string name) => name switch
    {
        "x86" => X86,
        "riscv" => Riscv,
        "u-boot" => Convert.FromHexString("2a82ae84"),
        "nonsense" => Nonsense,
        _ => null,
    };
}
