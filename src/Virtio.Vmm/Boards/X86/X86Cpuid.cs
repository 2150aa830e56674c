using System.Numerics;
using Virtio.Kvm;

namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// The CPUID results of each processor: everything that KVM supports, and a package of single-threaded cores with a shared last-level
/// cache. The numbers of the functions and their bits are those of Intel's and AMD's manuals.
/// </summary>
internal static class X86Cpuid
{
    private const uint SignificantIndex = 1;
    private const uint Amd = 0x6874_7541; // "Auth", the beginning of "AuthenticAMD" in ebx
    private const uint Hygon = 0x6f67_7948; // "Hygo"

    /// <summary>The CPUID results of one processor.</summary>
    /// <param name="supported">The results that KVM supports.</param>
    /// <param name="id">The processor's number, which is also the ID of its local APIC.</param>
    /// <param name="count">The number of processors.</param>
    /// <param name="hasDeadlineTimer">Whether the local APIC's timer has the TSC-deadline mode.</param>
    public static KvmCpuidEntry[] For(ReadOnlySpan<KvmCpuidEntry> supported, int id, int count, bool hasDeadlineTimer)
    {
        var answers = new List<KvmCpuidEntry>(supported.Length + 3);
        var isAmd = false;
        var hasTopology = false;
        foreach (var entry in supported)
        {
            if (entry.Function == 0)
            {
                isAmd = entry.Ebx is Amd or Hygon;
                hasTopology = entry.Eax >= 0xb;
            }

            if (entry.Function is not (0xb or 0x1f))
                answers.Add(For(entry, isAmd, id, count, hasDeadlineTimer));
        }

        if (hasTopology)
            answers.AddRange(Topology(id, count));
        return [.. answers];
    }

    private static KvmCpuidEntry For(KvmCpuidEntry entry, bool isAmd, int id, int count, bool hasDeadlineTimer)
    {
        const uint Hypervisor = 1U << 31;
        const uint DeadlineTimer = 1 << 24;
        const uint SeveralProcessors = 1 << 28;
        const uint LegacyMultiprocessing = 1 << 1;
        uint idBits = IdBits(count);
        switch (entry.Function)
        {
            case 1:
                entry.Ebx = (entry.Ebx & 0xffff) | (uint)count << 16 | (uint)id << 24;
                entry.Ecx = (entry.Ecx & ~DeadlineTimer) | Hypervisor | (hasDeadlineTimer ? DeadlineTimer : 0);
                entry.Edx = (entry.Edx & ~SeveralProcessors) | (count > 1 ? SeveralProcessors : 0);
                break;
            case 4 when CacheLevel(entry) > 0:
                entry.Eax = (entry.Eax & 0x3fff) | SharedBy(entry, count) << 14 | ((1U << (int)idBits) - 1) << 26;
                break;
            case 0xa:
                // No performance counters: they were not asked for, and a kernel's watchdog that uses them causes exits all the time.
                entry.Eax = entry.Ebx = entry.Ecx = entry.Edx = 0;
                break;
            case 0x8000_0001 when isAmd:
                entry.Ecx = (entry.Ecx & ~LegacyMultiprocessing) | (count > 1 ? LegacyMultiprocessing : 0);
                break;
            case 0x8000_0008 when isAmd:
                entry.Ecx = (entry.Ecx & ~0xf0ffU) | (uint)(count - 1) | idBits << 12;
                break;
            case 0x8000_001d when CacheLevel(entry) > 0:
                entry.Eax = (entry.Eax & 0x3fff) | SharedBy(entry, count) << 14;
                break;
            case 0x8000_001e when isAmd:
                entry.Eax = (uint)id;
                entry.Ebx = (uint)id; // one thread in each core
                entry.Ecx = 0; // one node
                break;
        }

        return entry;
    }

    private static IEnumerable<KvmCpuidEntry> Topology(int id, int count)
    {
        const uint Threads = 1 << 8;
        const uint Cores = 2 << 8;
        yield return new KvmCpuidEntry { Function = 0xb, Index = 0, Flags = SignificantIndex, Ebx = 1, Ecx = Threads, Edx = (uint)id };
        yield return new KvmCpuidEntry
        {
            Function = 0xb,
            Index = 1,
            Flags = SignificantIndex,
            Eax = IdBits(count),
            Ebx = (uint)count,
            Ecx = Cores | 1,
            Edx = (uint)id,
        };
        yield return new KvmCpuidEntry { Function = 0xb, Index = 2, Flags = SignificantIndex, Ecx = 2, Edx = (uint)id };
    }

    private static uint CacheLevel(in KvmCpuidEntry entry) => (entry.Eax & 0x1f) == 0 ? 0 : entry.Eax >> 5 & 7;

    // The field holds the count less one. All cores share the last level; the other levels are private to each core.
    private static uint SharedBy(in KvmCpuidEntry entry, int count) => CacheLevel(entry) >= 3 ? (uint)(count - 1) : 0;

    private static uint IdBits(int count) => (uint)BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)count));
}
