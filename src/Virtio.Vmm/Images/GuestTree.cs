using System.Text;

namespace Virtio.Vmm.Images;

/// <summary>
/// What a guest's initial ramdisks unpack to, as far as it matters to files that are added: which folders there are, where links lead, and the text of a few files. The kernel makes no
/// folders for a file, and a folder in the place of a link would remove the link (<c>/bin</c>, mostly).
/// </summary>
internal sealed class GuestTree
{
    private const int MaxLinks = 40; // as Linux: then it is a circle

    // By path; what a link points to, else null.
    private readonly Dictionary<string, (CpioEntryType Type, string? Target)> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>Reads ramdisks in the order in which the kernel unpacks them.</summary>
    /// <param name="ramdisks">The ramdisks.</param>
    /// <param name="isText">Of which paths the text is wanted.</param>
    /// <exception cref="BootException">One cannot be read.</exception>
    internal static GuestTree Read(IEnumerable<BootSource> ramdisks, Func<string, bool> isText)
    {
        var tree = new GuestTree();
        foreach (BootSource ramdisk in ramdisks)
            Ramdisk.Read(ramdisk, (reader, entry) => tree.Add(reader, entry, isText));
        return tree;
    }

    /// <summary>Whether a path is there.</summary>
    internal bool Has(string path) => _entries.ContainsKey(path);

    /// <summary>What a file says that was asked for; empty where there is none.</summary>
    internal string TextOf(string path) => _texts.GetValueOrDefault(path, "");

    /// <summary>Where a new file goes: its path with no link among its folders, and the folders that it lacks, outermost first. Those are there from now on.</summary>
    /// <exception cref="BootException">A folder of the path is a file, or the path is a folder.</exception>
    internal (string Path, IReadOnlyList<string> NewFolders) Place(string path)
    {
        var folders = new List<string>();
        var done = new List<string>();
        var ahead = new Stack<string>(path.Split('/').Reverse());
        for (int links = 0; ahead.TryPop(out string? part);)
        {
            if (part is "" or ".")
                continue;
            if (part == "..")
            {
                done.RemoveRange(Math.Max(done.Count - 1, 0), Math.Min(done.Count, 1));
                continue;
            }

            done.Add(part);
            string here = string.Join('/', done);
            bool isLast = ahead.Count == 0;
            if (!_entries.TryGetValue(here, out (CpioEntryType Type, string? Target) entry))
            {
                _entries.Add(here, (isLast ? CpioEntryType.File : CpioEntryType.Folder, null));
                if (!isLast)
                    folders.Add(here);
            }
            else if (isLast ? entry.Type == CpioEntryType.Folder : entry.Type is not (CpioEntryType.Folder or CpioEntryType.SymbolicLink))
            {
                throw new BootException($"cannot put a file at '/{path}' in the guest: '/{here}' is a {(isLast ? "folder" : "file")} there");
            }
            else if (!isLast && entry.Target is { } target)
            {
                if (++links > MaxLinks)
                    throw new BootException($"cannot put a file at '/{path}' in the guest: the links on the way go in a circle");
                done = target.StartsWith('/') ? [] : done[..^1];
                foreach (string next in target.Split('/').Reverse())
                    ahead.Push(next);
            }
        }

        return (string.Join('/', done), folders);
    }

    private bool Add(CpioReader reader, CpioHeader entry, Func<string, bool> isText)
    {
        string path = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name.TrimStart('/');
        string? target = entry.Type == CpioEntryType.SymbolicLink ? Encoding.UTF8.GetString(reader.ReadContent(entry)) : null;
        _entries[path] = (entry.Type, target);
        if (entry.Type == CpioEntryType.File && isText(path))
            _texts[path] = Encoding.UTF8.GetString(reader.ReadContent(entry));
        return true;
    }
}
