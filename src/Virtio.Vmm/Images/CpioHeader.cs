using System.Globalization;
using System.Text;

namespace Virtio.Vmm.Images;

/// <summary>
/// The header of an entry of a "newc" archive: a magic number and thirteen numbers of eight hexadecimal digits, then the name with a zero
/// after it, then zeros up to a multiple of four bytes (Linux: Documentation/driver-api/early-userspace/buffer-format.rst).
/// </summary>
internal readonly struct CpioHeader
{
    /// <summary>The name of the entry that ends an archive.</summary>
    internal const string Trailer = "TRAILER!!!";

    /// <summary>The length of the part before the name, in bytes.</summary>
    internal const int Size = 6 + FieldCount * FieldSize;

    private const string Magic = "070701";
    private const int FieldCount = 13;
    private const int FieldSize = 8;
    private const int Alignment = 4;
    private static readonly byte[] Zeros = new byte[Alignment];

    internal required string Name { get; init; }

    internal uint Inode { get; init; }

    /// <summary>A <see cref="CpioEntryType"/> and the permissions.</summary>
    internal uint Mode { get; init; }

    internal uint LinkCount { get; init; }

    /// <summary>Seconds since 1970.</summary>
    internal uint Time { get; init; }

    /// <summary>The number of content bytes, without padding.</summary>
    internal uint Length { get; init; }

    internal uint Major { get; init; }

    internal uint Minor { get; init; }

    internal CpioEntryType Type => (CpioEntryType)Mode & CpioEntryType.Mask;

    /// <summary>The zeros that pad that many bytes.</summary>
    internal static ReadOnlySpan<byte> PaddingOf(long length) => Zeros.AsSpan(0, (int)(-length & (Alignment - 1)));

    /// <summary>Header, name and padding.</summary>
    internal byte[] ToBytes()
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);

        // Inode, mode, owner, group, links, time, length; major and minor of the device that holds the file; major and minor of the device
        // that it is; length of the name; checksum, which this format leaves zero.
        uint[] fields = [Inode, Mode, 0, 0, LinkCount, Time, Length, 0, 0, Major, Minor, (uint)name.Length + 1, 0];
        int end = Size + name.Length + 1;
        byte[] bytes = new byte[end + PaddingOf(end).Length];
        Encoding.ASCII.GetBytes(Magic, bytes);
        for (int i = 0; i < fields.Length; i++)
            fields[i].TryFormat(bytes.AsSpan(Magic.Length + i * FieldSize), out _, "x8", CultureInfo.InvariantCulture);
        name.CopyTo(bytes, Size);
        return bytes;
    }

    /// <summary>Whether an archive's entry begins with these bytes.</summary>
    internal static bool HasMagic(ReadOnlySpan<byte> bytes) => bytes.StartsWith("070701"u8) || bytes.StartsWith("070702"u8);

    /// <summary>The header in the first <see cref="Size"/> bytes of an entry, without its name.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="nameLength">The length of the name that follows, including its zero.</param>
    /// <exception cref="InvalidDataException">The bytes are not a header.</exception>
    internal static CpioHeader Parse(ReadOnlySpan<byte> bytes, out int nameLength)
    {
        if (!HasMagic(bytes))
            throw new InvalidDataException("an entry of the archive does not begin as it must");
        uint length = Field(bytes, 11);
        if (length is 0 or > CpioWriter.MaxNameLength + 1)
            throw new InvalidDataException($"an entry of the archive has a name of {length} bytes");
        nameLength = (int)length;
        return new CpioHeader
        {
            Name = "",
            Inode = Field(bytes, 0),
            Mode = Field(bytes, 1),
            LinkCount = Field(bytes, 4),
            Time = Field(bytes, 5),
            Length = Field(bytes, 6),
            Major = Field(bytes, 9),
            Minor = Field(bytes, 10),
        };
    }

    internal CpioHeader WithName(string name) => new()
    {
        Name = name,
        Inode = Inode,
        Mode = Mode,
        LinkCount = LinkCount,
        Time = Time,
        Length = Length,
        Major = Major,
        Minor = Minor,
    };

    private static uint Field(ReadOnlySpan<byte> bytes, int index)
    {
        ReadOnlySpan<byte> digits = bytes.Slice(Magic.Length + index * FieldSize, FieldSize);
        return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)
            ? value
            : throw new InvalidDataException("a number in an entry of the archive is none");
    }
}
