using System.Text;

namespace Virtio.Vmm.Images;

/// <summary>Takes modules and their dependencies from a guest image's archive of modules.</summary>
internal static class ModuleArchive
{
    /// <summary>The file that lists the modules that the image's init loads, one a line.</summary>
    internal const string LoadedAtBoot = "etc/modules";

    private const string Folder = "usr/lib/modules/";
    private static readonly string[] Tables = ["modules.dep", "modules.softdep", "modules.alias", "modules.builtin"];

    /// <summary>Whether the guest's modprobe or init reads this file.</summary>
    internal static bool IsTable(string path) =>
        path == LoadedAtBoot || (path.StartsWith(Folder, StringComparison.Ordinal) && Tables.Contains(Path.GetFileName(path)));

    /// <summary>The files to add so that a guest has some modules and loads them.</summary>
    /// <param name="archive">The archive: first the tables, then the modules.</param>
    /// <param name="names">The modules.</param>
    /// <param name="tree">The guest's files; the new tables extend the guest's.</param>
    /// <exception cref="BootException">A module does not exist, or the archive cannot be read.</exception>
    internal static IReadOnlyList<(string Path, byte[] Content)> Pick(BootSource archive, IReadOnlyList<string> names, GuestTree tree)
    {
        var texts = new Dictionary<string, string>();
        var files = new List<(string Path, byte[] Content)>();
        string? folder = null;
        HashSet<string>? wanted = null;
        Ramdisk.Read(archive, (reader, entry) =>
        {
            string path = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
            if (IsTable(path) && wanted is null)
            {
                folder = path[..(path.LastIndexOf('/') + 1)];
                texts[Path.GetFileName(path)] = Encoding.UTF8.GetString(reader.ReadContent(entry));
            }
            else if (path.EndsWith(".ko", StringComparison.Ordinal) && folder is not null)
            {
                wanted ??= Choose(TablesOf(texts), names, tree, folder, files);
                if (wanted.Remove(path))
                    files.Add((path, reader.ReadContent(entry)));
            }

            return wanted is not { Count: 0 };
        });
        return wanted is { Count: 0 }
            ? files
            : throw new BootException(
                $"'{archive}' is no archive of kernel modules as './build guest' makes it"
                + (wanted is null ? "" : $": it lacks {wanted.First()}"));
    }

    private static ModuleTables TablesOf(Dictionary<string, string> texts)
    {
        string TextOf(string table) => texts.GetValueOrDefault(table, "");
        return new(TextOf(Tables[0]), TextOf(Tables[1]), TextOf(Tables[2]), TextOf(Tables[3]));
    }

    // The paths of the modules that the guest lacks. The new tables keep the guest's own lines.
    private static HashSet<string> Choose(
        ModuleTables tables,
        IReadOnlyList<string> names,
        GuestTree tree,
        string folder,
        List<(string Path, byte[] Content)> files)
    {
        string[] loaded = [.. names.Select(name => Known(tables, name, folder)).Where(name => !tables.IsBuiltIn(name))];
        loaded = [.. loaded, .. loaded.SelectMany(tables.AfterAll)];
        string[] added =
        [
            .. loaded.SelectMany(name => tables.NeededBy(name).Prepend(name))
                .Distinct()
                .Where(name => !tree.Has(folder + tables.PathOf(name))),
        ];
        string Lines(string table, IEnumerable<string> lines) => string.Concat([tree.TextOf(table), .. lines.Select(line => line + "\n")]);
        string Needs(string name) => string.Concat(tables.NeededBy(name).Select(need => " " + tables.PathOf(need)));
        void Add(string table, IEnumerable<string> lines) => files.Add((table, Encoding.UTF8.GetBytes(Lines(table, lines))));

        Add(LoadedAtBoot, loaded.Distinct());
        Add(folder + Tables[0], added.Select(name => $"{tables.PathOf(name)}:{Needs(name)}"));
        Add(folder + Tables[2], added.SelectMany(name => tables.AliasesOf(name).Select(alias => $"alias {alias} {name}")));
        return [.. added.Select(name => folder + tables.PathOf(name))];
    }

    private static string Known(ModuleTables tables, string name, string folder)
    {
        string module = ModuleTables.NameOf(name);
        return tables.Has(module) || tables.IsBuiltIn(module)
            ? module
            : throw new BootException(
                $"there is no module '{name}' among those that come with the kernel {Path.GetFileName(folder.TrimEnd('/'))} of this image");
    }
}
