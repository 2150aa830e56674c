using System.Reflection;
using Virtio.Kvm.Interop;
using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests.Interop;

/// <summary>
/// Compares the library's sizes, offsets and numbers with the system's headers. The test compiles and runs a small program that prints
/// those.
/// </summary>
public sealed class HeaderTests
{
    private const string Includes = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <linux/kvm.h>
        #include <signal.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/mman.h>
        #include <time.h>
        """;

    [Fact]
    public void Every_request_has_its_number()
    {
        KvmRequest[] requests = [.. typeof(KvmRequest).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(field => field.FieldType == typeof(KvmRequest))
            .Select(field => (KvmRequest)field.GetValue(null)!)];

        Assert.True(requests.Length > 30);
        Compare(requests.Select(request => (request.Name, (long)request.Number)));
    }

    [Fact]
    public void Every_capability_has_its_number() => CompareAll(HeaderNames.Capabilities);

    [Fact]
    public void Every_exit_reason_has_its_number() => CompareAll(HeaderNames.ExitReasons);

    [Fact]
    public void Every_multiprocessing_state_has_its_number() => CompareAll(HeaderNames.MpStates);

    [Fact]
    public void Every_system_event_has_its_number() => CompareAll(HeaderNames.SystemEvents);

    [Fact]
    public void Every_error_has_its_number() => Compare(ErrorNumbers.Names.Select(pair => (pair.Value, (long)pair.Key)));

    [Fact]
    public void Every_flag_and_constant_has_its_value() => Compare(
    [
        ("KVM_API_VERSION", KvmSystem.SupportedApiVersion),
        ("KVM_MEM_LOG_DIRTY_PAGES", (long)KvmMemoryFlags.LogDirtyPages),
        ("KVM_MEM_READONLY", (long)KvmMemoryFlags.ReadOnly),
        ("KVM_IOEVENTFD_FLAG_DATAMATCH", IoEvent.Matches),
        ("KVM_IOEVENTFD_FLAG_PIO", IoEvent.IsPort),
        ("KVM_IOEVENTFD_FLAG_DEASSIGN", IoEvent.Removes),
        ("KVM_IRQFD_FLAG_DEASSIGN", InterruptEvent.Removes),
        ("KVM_PIT_SPEAKER_DUMMY", PitConfig.WithSpeakerPort),
        ("KVM_EXIT_IO_OUT", RunState.PortOut),
        ("KVM_APIC_REG_SIZE", KvmVcpu.LocalApicLength),
        ("KVM_INTERNAL_ERROR_EMULATION", 1),
        ("KVM_INTERNAL_ERROR_SIMUL_EX", 2),
        ("KVM_INTERNAL_ERROR_DELIVERY_EV", 3),
        ("KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON", 4),
        ("KVM_CPUID_FLAG_SIGNIFCANT_INDEX", 1),
        ("O_RDWR | O_CLOEXEC", KvmCalls.ReadWriteCloseOnExec),
        ("PROT_READ | PROT_WRITE", RunPage.ReadWrite),
        ("MAP_SHARED", RunPage.Shared),
        ("SIGSTKFLT", ExitSignal.Number),
        ("SIG_BLOCK", ExitSignal.Block),
    ]);

    [Theory]
    [MemberData(nameof(Structures.Names), MemberType = typeof(Structures))]
    public void Every_structure_has_its_layout(string name) => Compare(Structures.LayoutOf(name));

    [Fact]
    public void The_exit_signal_is_none_of_the_runtimes() =>
        Assert.True(ExitSignal.Number < 32, "A real-time signal may be the runtime's own, and each one sent is queued");

    private static void CompareAll<T>(Dictionary<T, string> names)
        where T : struct, Enum
    {
        Assert.Equal(Enum.GetValues<T>().Order(), names.Keys.Order());
        Compare(names.Select(pair => (pair.Value, Convert.ToInt64(pair.Key))));
    }

    private static void Compare(IEnumerable<(string Expression, long Ours)> facts)
    {
        (string Expression, long Ours)[] list = [.. facts];
        string program = string.Concat(list.Select(fact => $"printf(\"%lld\\n\", (long long)({fact.Expression}));\n"));
        string[] theirs = Compiler.CompileAndRun($"{Includes}\nint main(void) {{\n{program}return 0; }}\n");
        Assert.Equal(
            list.Zip(theirs, (fact, value) => $"{fact.Expression} = {value}"),
            list.Select(fact => $"{fact.Expression} = {fact.Ours}"));
    }
}
