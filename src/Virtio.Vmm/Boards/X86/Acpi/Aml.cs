using System.Buffers.Binary;
using System.Text;

namespace Virtio.Vmm.Boards.X86.Acpi;

/// <summary>Encodes the few AML terms of this board's definition block (ACPI 6.5, chapter 20).</summary>
internal static class Aml
{
    private const byte EndTag = 0x79;

    /// <summary>A scope in the namespace, with the terms added to it.</summary>
    public static byte[] Scope(string path, params ReadOnlySpan<byte[]> terms) => Package([0x10], Path(path), terms);

    /// <summary>A device.</summary>
    public static byte[] Device(string name, params ReadOnlySpan<byte[]> terms) => Package([0x5b, 0x82], Path(name), terms);

    /// <summary>A named object.</summary>
    public static byte[] Name(string path, byte[] value) => [0x08, .. Path(path), .. value];

    /// <summary>A package of objects.</summary>
    public static byte[] Package(params ReadOnlySpan<byte[]> elements) => Package([0x12], [(byte)elements.Length], elements);

    /// <summary>An integer in its shortest encoding.</summary>
    public static byte[] Integer(uint value) => value switch
    {
        0 or 1 => [(byte)value],
        <= byte.MaxValue => [0x0a, (byte)value],
        <= ushort.MaxValue => [0x0b, .. Bytes(value, 2)],
        _ => [0x0c, .. Bytes(value, 4)],
    };

    /// <summary>A string.</summary>
    public static byte[] Text(string value) => [0x0d, .. Encoding.ASCII.GetBytes(value), 0];

    /// <summary>A device's standard name, three letters and four hexadecimal digits, packed into an integer (ACPI 6.5, 19.3.4).</summary>
    public static byte[] EisaId(string id)
    {
        var letters = ((id[0] - '@') << 10) | ((id[1] - '@') << 5) | (id[2] - '@');
        var number = Convert.ToUInt16(id[3..], 16);
        return Integer(BinaryPrimitives.ReverseEndianness(((uint)letters << 16) | number));
    }

    /// <summary>The resources of a device: the value of its <c>_CRS</c>.</summary>
    public static byte[] Resources(params ReadOnlySpan<byte[]> resources)
    {
        byte[] content = [.. Join(resources), EndTag, 0]; // a checksum of zero counts as valid
        return Package([0x11], Integer((uint)content.Length), [content]);
    }

    /// <summary>A range of registers in memory, readable and writable (ACPI 6.5, 6.4.3.4).</summary>
    public static byte[] Memory32(uint address, uint length) => [0x86, 9, 0, 1, .. Bytes(address, 4), .. Bytes(length, 4)];

    /// <summary>A range of I/O ports, all 16 bits of the address decoded (ACPI 6.5, 6.4.2.5).</summary>
    public static byte[] Ports(ushort first, byte count) => [0x47, 1, .. Bytes(first, 2), .. Bytes(first, 2), 1, count];

    /// <summary>An interrupt, raised by a rising edge (ACPI 6.5, 6.4.3.6).</summary>
    public static byte[] EdgeInterrupt(int number, bool isShared)
    {
        const byte Consumer = 1 << 0;
        const byte Edge = 1 << 1;
        const byte Shared = 1 << 3;
        return [0x89, 6, 0, (byte)(Consumer | Edge | (isShared ? Shared : 0)), 1, .. Bytes((uint)number, 4)];
    }

    /// <summary>Concatenates terms.</summary>
    public static byte[] Join(ReadOnlySpan<byte[]> terms)
    {
        var bytes = new List<byte>();
        foreach (var term in terms)
            bytes.AddRange(term);
        return [.. bytes];
    }

    private static byte[] Package(ReadOnlySpan<byte> operation, ReadOnlySpan<byte> first, ReadOnlySpan<byte[]> terms)
    {
        byte[] content = [.. first, .. Join(terms)];
        return [.. operation, .. PackageLength(content.Length), .. content];
    }

    /// <summary>
    /// The length of the content and of the length itself (ACPI 6.5, 20.2.4): up to 63 in one byte, else four bits in the first byte and
    /// the rest in those after it.
    /// </summary>
    private static byte[] PackageLength(int content)
    {
        if (content + 1 < 1 << 6)
            return [(byte)(content + 1)];

        for (var more = 1; ; more++)
        {
            var length = content + 1 + more;
            if (length < 1 << (4 + 8 * more))
                return [(byte)((more << 6) | (length & 0xf)), .. Bytes((uint)length >> 4, more)];
        }
    }

    /// <summary>A name of up to four characters; a leading backslash means the root.</summary>
    private static byte[] Path(string path) =>
        path[0] == '\\' ? [(byte)'\\', .. Path(path[1..])] : Encoding.ASCII.GetBytes(path.PadRight(4, '_'));

    private static ReadOnlySpan<byte> Bytes(uint value, int count)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes.AsSpan(0, count);
    }
}
