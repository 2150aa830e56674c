using System.Text;

namespace Virtio.Cli.Arguments;

/// <summary>A disk as the command line names it: a path, a URL or <c>mem:SIZE</c>, then <c>,ro</c>, <c>,mapped</c>, <c>,shared</c>, <c>,id=NAME</c> and
/// those of <see cref="RingSpec"/> in any order.</summary>
/// <param name="Kind">What it stands on.</param>
/// <param name="Place">The path or the URL.</param>
/// <param name="Size">Bytes, of a disk in memory.</param>
/// <param name="ReadOnly">Whether the guest may not write it.</param>
/// <param name="Id">The name the guest sees; empty for none.</param>
/// <param name="Ring">What its ring may be.</param>
internal sealed record DiskSpec(DiskKind Kind, string Place, long Size, bool ReadOnly, string Id, RingSpec Ring)
{
    private const int IdLength = 20;
    private const int SectorSize = 512;
    private const string Memory = "mem:";

    /// <summary>Another process may have the file open for writing.</summary>
    internal bool Shared { get; init; }

    /// <exception cref="CommandException">It is none; the message names it.</exception>
    internal static DiskSpec Parse(string text) => Parse(text, "--disk", RingSpec.Default);

    /// <param name="text">What was given.</param>
    /// <param name="option">By which name, for messages.</param>
    /// <param name="ring">What its ring is where nothing is said of it.</param>
    /// <exception cref="CommandException">It is none; the message names it.</exception>
    internal static DiskSpec Parse(string text, string option, RingSpec ring)
    {
        string place = text;
        bool readOnly = false;
        bool mapped = false;
        bool shared = false;
        string? id = null;
        var ringOptions = new Stack<string>();

        // From the end, so that a path may have commas of its own.
        for (int comma = place.LastIndexOf(','); comma >= 0; comma = place.LastIndexOf(','))
        {
            string word = place[(comma + 1)..];
            if (word == "ro")
                readOnly = true;
            else if (word == "mapped")
                mapped = true;
            else if (word == "shared")
                shared = true;
            else if (word.StartsWith("id=", StringComparison.Ordinal))
                id = id is null ? word[3..] : throw new CommandException($"{option} {text}: it has two ids; give it one");
            else if (RingSpec.IsOption(word))
                ringOptions.Push(word);
            else
                break;
            place = place[..comma];
        }

        if (place.Length == 0)
            throw new CommandException($"{option} '{text}' names no disk; give a path, an http(s) URL or mem:SIZE");
        if (id is { } name && (name.Length is 0 or > IdLength || !Ascii.IsValid(name)))
            throw new CommandException($"{option} {text}: '{name}' is no id; an id has 1 to {IdLength} ASCII characters");
        (DiskKind kind, long size) = Classify($"{option} {text}", place);
        if (mapped)
            kind = kind == DiskKind.File ? DiskKind.MappedFile : throw new CommandException($"{option} {text}: only a file can be mapped; leave out ',mapped'");
        if (shared && kind is not (DiskKind.File or DiskKind.MappedFile))
            throw new CommandException($"{option} {text}: only a file can be shared; leave out ',shared'");
        return new DiskSpec(kind, place, size, readOnly, id ?? "", ring.With($"{option} {text}", ringOptions)) { Shared = shared };
    }

    private static (DiskKind Kind, long Size) Classify(string what, string place)
    {
        if (Address.IsUrl(place))
        {
            Address.Parse("--disk", place);
            return (DiskKind.Http, 0);
        }

        if (!place.StartsWith(Memory, StringComparison.Ordinal))
            return (DiskKind.File, 0);
        if (!ByteSize.TryParse(place[Memory.Length..], out long size) || size % SectorSize != 0)
            throw new CommandException($"{what}: '{place[Memory.Length..]}' is no size; give a multiple of {SectorSize} bytes, as in mem:512M");
        return (DiskKind.Memory, size);
    }
}
