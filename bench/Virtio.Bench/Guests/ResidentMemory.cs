using System.Globalization;

namespace Virtio.Bench.Guests;

/// <summary>The resident memory of a machine's process, without its guest's memory (Linux: proc(5), smaps and pagemap).</summary>
internal static class ResidentMemory
{
    private const int PageSize = 4096;
    private const ulong PagePresent = 1UL << 63;

    // On all machines the kernel is 2 MiB above the start of memory.
    private const long KernelOffset = 2 << 20;

    /// <summary>The magic number in a RISC-V kernel's header (Linux: boot image header in RISC-V Linux), and its offset.</summary>
    internal static GuestSignature Linux { get; } = new(0x30, "RISCV"u8.ToArray());

    /// <summary>
    /// The resident bytes of all mappings, without the guest's memory; null if the guest's memory was not found. Without a signature the
    /// first mapping of at least its size is taken for it, on the assumption that no neighbour was merged with it.
    /// </summary>
    internal static long? BesideGuest(int process, long guestMemory, GuestSignature? signature)
    {
        long total = 0;
        long? guest = null;
        foreach (string line in File.ReadLines($"/proc/{process}/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "Rss:")
                total += long.Parse(words[1], CultureInfo.InvariantCulture) << 10;
            else if (guest is null && words.Length == 5 && words[1] == "rw-p")
                guest = FindGuest(process, words[0], guestMemory, signature);
        }

        return guest is null ? null : total - guest;
    }

    // The host kernel merges neighbouring mappings, so the guest's memory may be a part of a larger mapping.
    private static long? FindGuest(int process, string range, long guestMemory, GuestSignature? signature)
    {
        string[] bounds = range.Split('-');
        long start = long.Parse(bounds[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        long end = long.Parse(bounds[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (end - start < guestMemory)
            return null;
        if (signature is null)
            return PresentBytes(process, start, end - start);
        using FileStream memory = new($"/proc/{process}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        byte[] bytes = new byte[signature.Bytes.Length];
        for (long address = start; address <= end - guestMemory; address += PageSize)
        {
            memory.Position = address + KernelOffset + signature.Offset;
            memory.ReadExactly(bytes);
            if (bytes.AsSpan().SequenceEqual(signature.Bytes))
                return PresentBytes(process, address, guestMemory);
        }

        return null;
    }

    private static long PresentBytes(int process, long address, long length)
    {
        using FileStream map = new($"/proc/{process}/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        byte[] entries = new byte[length / PageSize * sizeof(ulong)];
        map.Position = address / PageSize * sizeof(ulong);
        map.ReadExactly(entries);
        long present = 0;
        for (int i = 0; i < entries.Length; i += sizeof(ulong))
            present += (BitConverter.ToUInt64(entries, i) & PagePresent) != 0 ? PageSize : 0;
        return present;
    }
}
