using System.Text;

namespace Virtio.Cli.Arguments;

/// <summary>
/// A disk on the command line: a path, a URL or <c>mem:SIZE</c>, then <c>ro</c>, <c>mapped</c>, <c>shared</c>, <c>unvalidated</c>,
/// <c>id=NAME</c>, <c>mkfs=ext4</c> and the options of <see cref="RingSpec"/> in any order, written by the rule of <see cref="SpecText"/>.
/// </summary>
/// <param name="Kind">What the disk is stored in.</param>
/// <param name="Place">The path or the URL.</param>
/// <param name="Size">Size in bytes of a disk in memory; 0 for others.</param>
/// <param name="ReadOnly">Whether the guest may not write.</param>
/// <param name="Id">The serial number that the guest sees; empty for none.</param>
/// <param name="Ring">The settings of its rings.</param>
internal sealed record DiskSpec(DiskKind Kind, string Place, long Size, bool ReadOnly, string Id, RingSpec Ring)
{
    private const int IdLength = 20;
    private const int SectorSize = 512;
    private const string Memory = "mem:";
    private const string FileSystem = "ext4";
    private const string KnownOptions = "ro, mapped, shared, unvalidated, id=NAME, mkfs=ext4 and those of 'virtio help rings'";

    /// <summary>Another process may have the file open for writing.</summary>
    internal bool Shared { get; init; }

    /// <summary>The server of a URL need not give a version of the object.</summary>
    internal bool Unvalidated { get; init; }

    /// <summary>The file system that the guest makes if the disk is blank; null for none.</summary>
    internal string? Format { get; init; }

    /// <summary>The option and its value, for messages.</summary>
    internal string Origin { get; init; } = "";

    /// <summary>Two are equal when they mean the same disk, however they were written.</summary>
    public bool Equals(DiskSpec? other) => other is not null
        && (Kind, Place, Size, ReadOnly, Id, Ring) == (other.Kind, other.Place, other.Size, other.ReadOnly, other.Id, other.Ring)
        && (Shared, Unvalidated, Format) == (other.Shared, other.Unvalidated, other.Format);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Place, Size, ReadOnly, Id, Ring, Shared, Format);

    /// <exception cref="UsageException">The text is not a disk; the message names it.</exception>
    internal static DiskSpec Parse(string text) => Parse(text, "--disk", RingSpec.Default);

    /// <param name="text">The value.</param>
    /// <param name="option">Name of the option, for messages.</param>
    /// <param name="ring">The settings of its rings where the text gives none.</param>
    /// <exception cref="UsageException">The text is not a disk; the message names it.</exception>
    internal static DiskSpec Parse(string text, string option, RingSpec ring)
    {
        string what = $"{option} {Address.ForMessages(text)}";
        SpecText spec = SpecText.Parse(text);
        if (spec.Thing.Length == 0)
            throw new UsageException($"{option} '{text}' names no disk; give a path, an http(s) URL or mem:SIZE");
        (DiskKind kind, long size) = Classify(what, option, spec.Thing);
        var disk = new DiskSpec(kind, spec.Thing, size, false, "", ring) { Origin = what };
        var ringOptions = new List<string>();
        foreach (string word in spec.Options)
        {
            if (RingSpec.IsOption(word))
                ringOptions.Add(word);
            else
                disk = disk.With(what, word);
        }

        disk.CheckTogether(what);
        return disk with { Ring = ring.With(what, ringOptions) };
    }

    private static (DiskKind Kind, long Size) Classify(string what, string option, string place)
    {
        if (!place.StartsWith(Memory, StringComparison.Ordinal))
            return (Address.IsUrl(Address.Check(option, place)) ? DiskKind.Http : DiskKind.File, 0);
        string text = place[Memory.Length..];
        if (!ByteSize.TryParse(text, out long size, out string fault))
            throw new UsageException($"{what}: {fault}, as in mem:512M");
        return size % SectorSize == 0
            ? (DiskKind.Memory, size)
            : throw new UsageException($"{what}: {size} bytes are no multiple of {SectorSize}; give a size as in mem:512M");
    }

    private DiskSpec With(string what, string word)
    {
        int equals = word.IndexOf('=');
        string value = equals < 0 ? "" : word[(equals + 1)..];
        return (equals < 0 ? word : word[..(equals + 1)]) switch
        {
            "ro" => this with { ReadOnly = true },
            "shared" => this with { Shared = true },
            "unvalidated" => this with { Unvalidated = true },
            "mapped" when Kind is DiskKind.File or DiskKind.MappedFile => this with { Kind = DiskKind.MappedFile },
            "mapped" => throw new UsageException($"{what}: only a file can be mapped; leave out ',mapped'"),
            "id=" when Id.Length > 0 => throw new UsageException($"{what}: it has two ids; give it one"),
            "id=" when value.Length is 0 or > IdLength || !Ascii.IsValid(value) =>
                throw new UsageException($"{what}: '{value}' is no id; an id has 1 to {IdLength} ASCII characters"),
            "id=" => this with { Id = value },
            "mkfs=" when value == FileSystem => this with { Format = value },
            "mkfs=" => throw new UsageException($"{what}: the guest cannot make a file system '{value}'; give mkfs={FileSystem}"),
            _ => throw SpecText.Unknown(what, word, KnownOptions),
        };
    }

    private void CheckTogether(string what)
    {
        if (Shared && Kind is not (DiskKind.File or DiskKind.MappedFile))
            throw new UsageException($"{what}: only a file can be shared; leave out ',shared'");
        if (Unvalidated && Kind != DiskKind.Http)
            throw new UsageException($"{what}: only a URL can be unvalidated; leave out ',unvalidated'");
        if (Format is not null && (ReadOnly || Kind == DiskKind.Http))
        {
            throw new UsageException(
                $"{what}: a disk that is read-only cannot be formatted; leave out ',mkfs={Format}'{(ReadOnly ? " or ',ro'" : "")}");
        }
    }
}
