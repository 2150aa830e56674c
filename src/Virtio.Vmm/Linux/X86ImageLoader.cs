using System.Buffers.Binary;
using Virtio.Memory;
using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Linux;

/// <summary>
/// Loads a bzImage (Linux, Documentation/arch/x86/boot.rst, "64-bit Boot Protocol") and writes its zero page (zero-page.rst).
/// </summary>
internal static class X86ImageLoader
{
    private const byte UnknownLoader = 0xff;

    /// <summary>Loads the kernel with its ramdisks.</summary>
    public static X86Boot Load(
        GuestMemory memory,
        PrefixedStream image,
        LinuxFiles files,
        ulong acpiRoot,
        CancellationToken cancellationToken)
    {
        var kernel = files.Kernel;
        var setup = image.Prefix.ToArray();
        if (X86SetupHeader.Read(setup, out var reason) is not { } header)
            throw new BootException($"cannot boot '{kernel}': {reason}");
        if ((uint)files.CommandLine.Length > header.CommandLineSize)
        {
            throw new BootException(
                $"cannot boot '{kernel}': it takes {header.CommandLineSize} characters of parameters, "
                + $"and there are {files.CommandLine.Length}");
        }

        BootMemory.Require(kernel, header.MemorySize, files.Initrd, memory.Regions.Aggregate(0UL, (sum, region) => sum + region.Length));
        var end = memory.Regions[0].Length;
        if (header.LoadAddress < X86BoardLayout.HighMemoryAddress)
            throw new BootException($"cannot boot '{kernel}': it asks for an address below 1 MiB (pref_address 0x{header.LoadAddress:x})");
        if (header.LoadAddress > end || header.MemorySize > end - header.LoadAddress)
        {
            throw new BootException(
                $"cannot boot '{kernel}': the kernel takes {BootReading.Size(header.MemorySize)} "
                + $"from {BootReading.Size(header.LoadAddress)} up, "
                + $"and the guest has {BootReading.Size(end)} of memory there; give it more");
        }

        BootReading.Guard(kernel, () => LoadKernel(memory, image, header, kernel, cancellationToken));
        var initrd = X86Initrd.Load(
            memory, files.Initrd, header.LoadAddress + header.MemorySize, Math.Min(end, header.InitrdEnd), cancellationToken);
        memory.TryWrite(X86BoardLayout.ZeroPageAddress, ZeroPage(setup, memory, initrd, acpiRoot));
        return new X86Boot(X86BootProtocol.Linux64, header.LoadAddress + X86SetupHeader.EntryOffset, X86BoardLayout.ZeroPageAddress);
    }

    private static bool LoadKernel(
        GuestMemory memory,
        PrefixedStream image,
        X86SetupHeader header,
        BootSource kernel,
        CancellationToken cancellationToken)
    {
        image.Skip(header.SetupSize);

        // A signature for Secure Boot may follow the kernel.
        image.Limit((long)header.FileSize);
        var area = new LoadArea(memory, header.LoadAddress, header.FileSize);
        area.TryAppend(image, header.FileSize, cancellationToken);
        return area.Free == 0
            ? true
            : throw new BootException(
                $"cannot boot '{kernel}': it is cut off: {header.FileSize - area.Free} bytes of {header.FileSize} are there");
    }

    private static byte[] ZeroPage(ReadOnlySpan<byte> setup, GuestMemory memory, InitrdRange? initrd, ulong acpiRoot)
    {
        var page = new byte[4096];
        setup[X86SetupHeader.Start..X86SetupHeader.End(setup)].CopyTo(page.AsSpan(X86SetupHeader.Start));
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(0x70), acpiRoot);
        page[0x210] = UnknownLoader;
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(0x228), (uint)X86BoardLayout.CommandLineAddress);

        // All of these are below 4 GiB, so the fields for the upper halves stay zero.
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(0x218), (uint)(initrd?.Start ?? 0));
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(0x21c), (uint)((initrd?.End - initrd?.Start) ?? 0));
        var map = X86MemoryMap.Of(memory);
        page[0x1e8] = (byte)map.Length;
        for (var i = 0; i < map.Length; i++)
        {
            var entry = page.AsSpan(0x2d0 + i * 20);
            BinaryPrimitives.WriteUInt64LittleEndian(entry, map[i].Address);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], map[i].Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], map[i].Type);
        }

        return page;
    }
}
