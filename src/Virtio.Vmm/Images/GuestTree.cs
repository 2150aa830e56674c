using System.Text;

namespace Virtio.Vmm.Images;

/// <summary>
/// The unpacked content of a guest's initial ramdisks, as far as files that are added need it: the folders, the targets of links, and the
/// text of a few files. The kernel makes no folders for a file.
/// A folder in the place of a link (<c>/bin</c>, mostly) would remove the link.
/// </summary>
internal sealed class GuestTree
{
    private const int MaxLinks = 40; // Linux's limit: more links are a loop

    // By path: the kind of the entry, and the target if it is a link.
    private readonly Dictionary<string, (CpioEntryType Type, string? Target)> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>Reads ramdisks in the order in which the kernel unpacks them.</summary>
    /// <param name="ramdisks">The ramdisks.</param>
    /// <param name="isText">Selects the paths whose text is kept.</param>
    /// <exception cref="BootException">A ramdisk cannot be read.</exception>
    internal static GuestTree Read(IEnumerable<BootSource> ramdisks, Func<string, bool> isText)
    {
        var tree = new GuestTree();
        foreach (BootSource ramdisk in ramdisks)
            Ramdisk.Read(ramdisk, (reader, entry) => tree.Add(reader, entry, isText));
        return tree;
    }

    /// <summary>Whether the path exists.</summary>
    internal bool Has(string path) => _entries.ContainsKey(path);

    /// <summary>The text of a file selected by <c>isText</c>; empty if there is no such file.</summary>
    internal string TextOf(string path) => _texts.GetValueOrDefault(path, "");

    /// <summary>
    /// Adds a new file and returns its path without links among its folders, and the folders that it lacks, outermost first. The tree
    /// contains those folders afterwards.
    /// </summary>
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
                string kind = isLast ? "folder" : "file";
                throw new BootException($"cannot put a file at '/{path}' in the guest: '/{here}' is a {kind} there");
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
