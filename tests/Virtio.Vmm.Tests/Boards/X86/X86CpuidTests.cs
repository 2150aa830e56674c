using Virtio.Kvm;
using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Tests.Boards.X86;

/// <summary>CPUID of the processors, with the numbers of Intel's and AMD's manuals.</summary>
public sealed class X86CpuidTests
{
    private const uint AuthenticAmd = 0x6874_7541;
    private const uint GenuineIntel = 0x756e_6547;

    [Theory]
    [InlineData(1, 0, 0u, 0u)]
    [InlineData(2, 1, 1u << 28, 1u)]
    [InlineData(32, 31, 1u << 28, 5u)]
    public void Each_processor_has_its_number_and_all_know_how_many_they_are(int count, int id, uint several, uint idBits)
    {
        var answers = Answers(GenuineIntel, id, count);

        Assert.Equal(0x0000_0800u | (uint)count << 16 | (uint)id << 24, answers[(1, 0)].Ebx);
        Assert.Equal(several, answers[(1, 0)].Edx & (1 << 28));
        Assert.Equal((0u, 1u, 0x100u, (uint)id), Of(answers[(0xb, 0)]));
        Assert.Equal((idBits, (uint)count, 0x201u, (uint)id), Of(answers[(0xb, 1)]));
        Assert.Equal((0u, 0u, 2u, (uint)id), Of(answers[(0xb, 2)]));
        Assert.DoesNotContain((0x1fu, 0u), answers.Keys);
    }

    [Fact]
    public void Cores_on_Intel_share_the_last_cache_only()
    {
        var answers = Answers(GenuineIntel, 1, 4);

        Assert.Equal((0u, 3u), (answers[(4, 0)].Eax >> 14 & 0xfff, answers[(4, 0)].Eax >> 26));
        Assert.Equal((3u, 3u), (answers[(4, 3)].Eax >> 14 & 0xfff, answers[(4, 3)].Eax >> 26));
        Assert.Equal(0u, answers[(4, 4)].Eax);
    }

    [Fact]
    public void On_AMD_the_extended_functions_say_the_same()
    {
        var answers = Answers(AuthenticAmd, 2, 3);

        Assert.Equal(2u | 2u << 12, answers[(0x8000_0008, 0)].Ecx & 0xf0ff);
        Assert.Equal((2u, 2u, 0u), (answers[(0x8000_001e, 0)].Eax, answers[(0x8000_001e, 0)].Ebx, answers[(0x8000_001e, 0)].Ecx));
        Assert.Equal(2u, answers[(0x8000_001d, 3)].Eax >> 14 & 0xfff);
        Assert.Equal(0u, answers[(0x8000_001d, 0)].Eax >> 14 & 0xfff);
        Assert.NotEqual(0u, answers[(0x8000_0001, 0)].Ecx & 2);
    }

    [Theory]
    [InlineData(false, 0u)]
    [InlineData(true, 1u << 24)]
    public void The_timer_by_TSC_deadline_is_there_where_KVM_has_it(bool hasTimer, uint bit)
    {
        var answers = X86Cpuid.For(Supported(GenuineIntel), 0, 1, hasTimer).ToDictionary(entry => (entry.Function, entry.Index));

        Assert.Equal(bit, answers[(1, 0)].Ecx & (1 << 24));
        Assert.NotEqual(0u, answers[(1, 0)].Ecx & (1u << 31)); // a hypervisor
    }

    [Fact]
    public void There_are_no_performance_counters_and_the_rest_is_as_KVM_says()
    {
        var answers = Answers(GenuineIntel, 0, 1);

        Assert.Equal((0u, 0u, 0u, 0u), Of(answers[(0xa, 0)]));
        Assert.Equal((0x4000_0001u, 1u, 2u, 3u), Of(answers[(0x4000_0000, 0)]));
        Assert.Equal((7u, 7u, 7u, 7u), Of(answers[(7, 0)]));
    }

    private static (uint Eax, uint Ebx, uint Ecx, uint Edx) Of(KvmCpuidEntry entry) => (entry.Eax, entry.Ebx, entry.Ecx, entry.Edx);

    private static Dictionary<(uint Function, uint Index), KvmCpuidEntry> Answers(uint vendor, int id, int count) =>
        X86Cpuid.For(Supported(vendor), id, count, hasDeadlineTimer: true).ToDictionary(entry => (entry.Function, entry.Index));

    /// <summary>CPUID as KVM could support it on a host with more processors and other values.</summary>
    private static KvmCpuidEntry[] Supported(uint vendor) =>
    [
        new() { Function = 0, Eax = 0x1f, Ebx = vendor },
        new() { Function = 1, Ebx = 0x7710_0800, Ecx = 1, Edx = 1 << 28 },
        new() { Function = 4, Index = 0, Flags = 1, Eax = 0xfc00_4121 },
        new() { Function = 4, Index = 3, Flags = 1, Eax = 0xfc3f_c163 },
        new() { Function = 4, Index = 4, Flags = 1 },
        new() { Function = 7, Eax = 7, Ebx = 7, Ecx = 7, Edx = 7 },
        new() { Function = 0xa, Eax = 0x0730_0404, Ebx = 1, Edx = 0x603 },
        new() { Function = 0xb, Index = 0, Flags = 1, Eax = 1, Ebx = 2, Ecx = 0x100, Edx = 0x77 },
        new() { Function = 0x1f, Index = 0, Flags = 1, Eax = 1, Ebx = 2, Ecx = 0x100, Edx = 0x77 },
        new() { Function = 0x4000_0000, Eax = 0x4000_0001, Ebx = 1, Ecx = 2, Edx = 3 },
        new() { Function = 0x8000_0001 },
        new() { Function = 0x8000_0008, Ecx = 0x703f },
        new() { Function = 0x8000_001d, Index = 0, Flags = 1, Eax = 0x4121 },
        new() { Function = 0x8000_001d, Index = 3, Flags = 1, Eax = 0x3_c163 },
        new() { Function = 0x8000_001e, Eax = 0x77, Ebx = 0x177, Ecx = 0x101 },
    ];
}
