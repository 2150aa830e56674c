using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Virtio.Kvm.Interop;

namespace Virtio.Kvm.Tests.Interop;

/// <summary>
/// The library's structures with the C names of them and of their fields, in order. A field that is not listed is padding or a part of a
/// longer field.
/// </summary>
internal static class Structures
{
    private static readonly Dictionary<string, Structure> All = new()
    {
        ["kvm_regs"] = Of<KvmRegisters>("rax rbx rcx rdx rsi rdi rsp rbp r8 r9 r10 r11 r12 r13 r14 r15 rip rflags"),
        ["kvm_segment"] = Of<KvmSegment>("base limit selector type present dpl db s l g avl unusable padding"),
        ["kvm_dtable"] = Of<KvmDescriptorTable>("base limit padding padding[1] padding[2]"),
        ["kvm_sregs"] = Of<KvmSpecialRegisters>("cs ds es fs gs ss tr ldt gdt idt cr0 cr2 cr3 cr4 cr8 efer apic_base interrupt_bitmap"),
        ["kvm_fpu"] = Of<KvmFloatingPoint>("fpr fcw fsw ftwx pad1 last_opcode last_ip last_dp xmm mxcsr pad2"),
        ["kvm_cpuid_entry2"] = Of<KvmCpuidEntry>("function index flags eax ebx ecx edx padding padding[1] padding[2]"),
        ["kvm_msr_entry"] = Of<KvmMsr>("index reserved data"),
        ["kvm_userspace_memory_region"] = Of<MemoryRegion>("slot flags guest_phys_addr memory_size userspace_addr"),
        ["kvm_ioeventfd"] = Of<IoEvent>("datamatch addr len fd flags pad"),
        ["kvm_irqfd"] = Of<InterruptEvent>("fd gsi flags resamplefd pad pad[8]"),
        ["kvm_irq_level"] = Of<InterruptLevel>("irq level"),
        ["kvm_pit_config"] = Of<PitConfig>("flags pad"),
        ["kvm_enable_cap"] = Of<CapabilityArguments>("cap flags args pad"),
        ["kvm_run"] = Of<RunState>(
            "immediate_exit exit_reason io.direction io.size io.port io.count io.data_offset mmio.phys_addr mmio.data mmio.len "
            + "mmio.is_write "
            + "fail_entry.hardware_entry_failure_reason internal.suberror internal.ndata internal.data"),
    };

    public static TheoryData<string> Names => [.. All.Keys, "others"];

    /// <summary>Sizes and offsets as C expressions, each with the library's value.</summary>
    internal static IEnumerable<(string Expression, long Ours)> LayoutOf(string name)
    {
        if (name == "others")
            return Others();
        Structure structure = All[name];
        FieldInfo[] fields =
        [
            .. structure.Type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .OrderBy(field => field.MetadataToken),
        ];
        Assert.Equal(structure.Fields.Length, fields.Length);
        return fields.Zip(structure.Fields, (field, theirs) => ($"offsetof(struct {name}, {theirs})", OffsetOf(structure.Type, field)))
            .Prepend(($"sizeof(struct {name})", structure.Size));
    }

    private static IEnumerable<(string Expression, long Ours)> Others() =>
    [
        ("sizeof(struct kvm_mp_state)", sizeof(uint)),
        ("sizeof(struct kvm_lapic_state)", KvmVcpu.LocalApicLength),
        ("offsetof(struct kvm_msrs, entries)", EntryList.HeaderLength),
        ("offsetof(struct kvm_cpuid2, entries)", EntryList.HeaderLength),
        ("offsetof(struct kvm_msr_list, indices)", sizeof(uint)),
        ("offsetof(struct kvm_signal_mask, sigset)", (long)Marshal.OffsetOf<SignalMask>(nameof(SignalMask.Signals))),
        ("sizeof(((struct kvm_run *)0)->mmio.data)", sizeof(ulong)),
        ("sizeof(((struct kvm_run *)0)->internal.data) / 8", RunState.Words.Count),
        ("offsetof(struct kvm_run, system_event.type)", (long)Marshal.OffsetOf<RunState>(nameof(RunState.Kind))),
        ("offsetof(struct kvm_run, mmio.data)", RunState.MmioDataOffset),
        ("sizeof(sigset_t)", Unsafe.SizeOf<SignalSet>()),
        ("sizeof(struct timespec)", Unsafe.SizeOf<ExitSignal.Duration>()),
        ("offsetof(struct timespec, tv_nsec)", (long)Marshal.OffsetOf<ExitSignal.Duration>(nameof(ExitSignal.Duration.Nanoseconds))),
    ];

    private static long OffsetOf(Type type, FieldInfo field) => (long)Marshal.OffsetOf(type, field.Name);

    private static Structure Of<T>(string fields) => new(typeof(T), Unsafe.SizeOf<T>(), fields.Split(' '));

    private sealed record Structure(Type Type, int Size, string[] Fields);
}
