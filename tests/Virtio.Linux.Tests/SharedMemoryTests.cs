using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;
using Virtio.Memory;

namespace Virtio.Linux.Tests;

[SupportedOSPlatform("linux")]
public sealed unsafe class SharedMemoryTests : IDisposable
{
    private const int HugePage = 2 << 20;

    // MFD_CLOEXEC, MFD_HUGETLB, MFD_HUGE_2MB.
    private const uint CloseOnExec = 1;
    private const uint HugePages = 4;
    private const uint HugePagesOf2Mebibytes = 21u << 26;

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void What_one_mapping_writes_the_other_reads_whatever_the_offset()
    {
        using SafeFileHandle file = Open(3 * 4096);
        using SharedMemory whole = SharedMemory.Map(file, 0, 3 * 4096);
        using SharedMemory part = SharedMemory.Map(file, 5000, 100);
        Bytes(part).Fill(7);
        Assert.Equal(0, Bytes(whole)[4999]);
        Assert.Equal(7, Bytes(whole)[5000]);
        Assert.Equal(7, Bytes(whole)[5099]);
        Assert.Equal(0, Bytes(whole)[5100]);
    }

    [Fact]
    public void Memory_made_here_is_another_mappings_too_and_nobody_makes_it_shorter()
    {
        using SharedMemory made = SharedMemory.Create("test", 3 * 4096);
        using SharedMemory other = SharedMemory.Map(made.File!, 4096, 4096);
        Assert.All(Bytes(made).ToArray(), value => Assert.Equal(0, value));
        Bytes(made)[5000] = 9;
        Assert.Equal(9, Bytes(other)[5000 - 4096]);
        Assert.ThrowsAny<Exception>(() => RandomAccess.SetLength(made.File!, 4096));
        Assert.Equal(3 * 4096, RandomAccess.GetLength(made.File!));
    }

    [Fact]
    public void What_is_written_to_memory_that_was_detached_from_its_file_stays_in_this_process()
    {
        using SharedMemory made = SharedMemory.Create("test", 3 * 4096);
        using SharedMemory other = SharedMemory.Map(made.File!, 4000, 5000);
        Bytes(other).Fill(7);
        nint before = other.Address;
        other.Detach();
        Assert.Equal(before, other.Address);
        Assert.All(Bytes(other).ToArray(), value => Assert.Equal(0, value));
        Bytes(other).Fill(9);
        Assert.Equal(0, Bytes(made)[3999]);
        Assert.Equal(7, Bytes(made)[4000]);
        Assert.Equal(7, Bytes(made)[8999]);
    }

    [Fact]
    public void Guest_memory_that_is_shared_says_of_what_files_it_is()
    {
        using GuestMemory memory = SharedGuestMemory.Allocate((0UL, 1UL << 20), (1UL << 32, 2UL << 20));
        Assert.Equal([(0UL, 1UL << 20), (1UL << 32, 2UL << 20)], memory.Regions.Select(region => (region.Address, region.Length)));
        Assert.True(memory.TryWrite((1UL << 32) + 4096, [7]));
        using SharedMemory other = SharedMemory.Map(memory.Regions[1].File!, memory.Regions[1].FileOffset, memory.Regions[1].Length);
        Assert.Equal(7, Bytes(other)[4096]);
    }

    [Theory]
    [InlineData(0, 4097)]
    [InlineData(4096, 1)]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(1, ulong.MaxValue)]
    [InlineData(0, 0)]
    public void A_part_that_the_file_does_not_have_is_refused(ulong offset, ulong length)
    {
        using SafeFileHandle file = Open(4096);
        Assert.Contains("4096 bytes", Assert.Throws<IOException>(() => SharedMemory.Map(file, offset, length)).Message);
    }

    [Fact]
    public void A_file_that_is_cut_off_reads_as_zeros_and_ends_nothing()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            Assert.Skip("the guard is machine code for x86-64");
        using SafeFileHandle file = Open(4 * 4096);
        using SharedMemory memory = SharedMemory.Map(file, 0, 4 * 4096);
        Bytes(memory).Fill(9);
        RandomAccess.SetLength(file, 4096);

        Assert.Equal(9, Bytes(memory)[4095]);
        Assert.Equal(0, Bytes(memory)[4096]);
        Bytes(memory)[^1] = 5;
        Assert.Equal(5, Bytes(memory)[^1]);
        Assert.Equal(0, Bytes(memory)[^2]);

        // Also on another thread, and in the middle of a copy.
        byte[] copy = new byte[3 * 4096];
        var thread = new Thread(() => Bytes(memory)[4096..].CopyTo(copy));
        thread.Start();
        thread.Join();
        Assert.Equal(5, copy[^1]);
    }

    [Fact]
    public void A_file_of_huge_pages_is_mapped_from_anywhere_and_unmapped_again()
    {
        using SafeFileHandle file = OpenHuge("huge-part");
        using (SharedMemory whole = SharedMemory.Map(file, 0, 2 * HugePage))
        using (SharedMemory part = SharedMemory.Map(file, HugePage + 5000, 100))
        {
            Bytes(part).Fill(7);
            Assert.Equal(0, Bytes(whole)[HugePage + 4999]);
            Assert.Equal(7, Bytes(whole)[HugePage + 5000]);
        }

        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.Contains("huge-part", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_of_huge_pages_that_is_cut_off_reads_as_zeros_and_ends_nothing()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            Assert.Skip("the guard is machine code for x86-64");
        using SafeFileHandle file = OpenHuge("huge-cut");
        using SharedMemory memory = SharedMemory.Map(file, 0, 2 * HugePage);
        Bytes(memory).Fill(9);
        RandomAccess.SetLength(file, HugePage);

        Assert.Equal(9, Bytes(memory)[HugePage - 1]);
        Assert.Equal(0, Bytes(memory)[HugePage + 5000]);
        Bytes(memory)[^1] = 5;
        Assert.Equal(5, Bytes(memory)[^1]);
    }

    private static Span<byte> Bytes(SharedMemory memory) => new((void*)memory.Address, (int)memory.Length);

    private SafeFileHandle Open(long length)
    {
        SafeFileHandle file = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.SetLength(file, length);
        return file;
    }

    // A file of two huge pages.
    private static SafeFileHandle OpenHuge(string name)
    {
        string free = File.ReadLines("/proc/meminfo")
            .FirstOrDefault(line => line.StartsWith("HugePages_Free:", StringComparison.Ordinal), ":0").Split(':')[1];
        Assert.SkipUnless(
            int.Parse(free, CultureInfo.InvariantCulture) >= 2,
            "no huge pages are free: root can write a number to /proc/sys/vm/nr_hugepages");
        SafeFileHandle file = MappingCalls.CreateFile(name, CloseOnExec | HugePages | HugePagesOf2Mebibytes);
        RandomAccess.SetLength(file, 2 * HugePage);
        return file;
    }
}
