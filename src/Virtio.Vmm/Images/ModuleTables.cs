namespace Virtio.Vmm.Images;

/// <summary>
/// The output of depmod for a kernel's modules: the texts of <c>modules.dep</c>, <c>modules.softdep</c>, <c>modules.alias</c> and
/// <c>modules.builtin</c>.
/// </summary>
internal sealed class ModuleTables(string dependencies, string softDependencies, string aliases, string builtIn)
{
    // By module: its own path, then the paths of its dependencies. The dependencies that are loaded first come last.
    private readonly Dictionary<string, string[]> _paths = Lines(dependencies)
        .Select(line => line.Replace(":", "", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(paths => NameOf(paths[0]));

    private readonly HashSet<string> _builtIn = [.. Lines(builtIn).Select(NameOf)];
    private readonly ILookup<string, string> _aliases = Words(aliases, "alias").ToLookup(words => words[1], words => words[2]);
    private readonly ILookup<string, string[]> _soft = Words(softDependencies, "softdep").ToLookup(words => words[1], words => words[2..]);

    /// <summary>
    /// The name of a module given by its path or another spelling: <c>kernel/drivers/char/hw_random/virtio-rng.ko</c> is <c>virtio_rng</c>.
    /// </summary>
    internal static string NameOf(string path) => Path.GetFileNameWithoutExtension(path).Replace('-', '_');

    /// <summary>Whether the module exists.</summary>
    internal bool Has(string name) => _paths.ContainsKey(name);

    /// <summary>Whether it is built into the kernel.</summary>
    internal bool IsBuiltIn(string name) => _builtIn.Contains(name);

    /// <summary>A module's path, below the folder of the kernel's version.</summary>
    internal string PathOf(string name) => _paths[name][0];

    /// <summary>All aliases of a module; the kernel requests the module by one of them.</summary>
    internal IEnumerable<string> AliasesOf(string name) => _aliases.Where(names => names.Contains(name)).Select(names => names.Key);

    /// <summary>
    /// The modules to load before a module, in the order of a line of <c>modules.dep</c>: the one that is loaded first comes last. Soft
    /// dependencies are included.
    /// </summary>
    internal IReadOnlyList<string> NeededBy(string name)
    {
        var needed = new List<string>();
        Collect(name, needed, []);
        needed.RemoveAt(0);

        // Of several mentions of a module the last is the deepest.
        return [.. needed.AsEnumerable().Reverse().Distinct().Reverse()];
    }

    /// <summary>The modules to load after a module.</summary>
    internal IEnumerable<string> AfterAll(string name) => SoftWords(name).Where(word => word.IsAfter).Select(word => word.Name);

    private void Collect(string name, List<string> needed, HashSet<string> seen)
    {
        string[] hard = [.. _paths[name].Select(NameOf)];
        needed.AddRange(hard);
        foreach (string module in hard)
        {
            if (!seen.Add(module))
                continue;
            foreach ((string soft, bool isAfter) in SoftWords(module))
            {
                if (!isAfter && !seen.Contains(soft))
                    Collect(soft, needed, seen);
            }
        }
    }

    // "pre: a b post: c"; words before either count as "pre". A word may name a kind of algorithm instead of a module. In that case only
    // the portable module is taken: a module for a processor with certain instructions would fail to load on others, and so would the
    // module that depends on it.
    private IEnumerable<(string Name, bool IsAfter)> SoftWords(string name)
    {
        bool isAfter = false;
        foreach (string word in _soft[name].SelectMany(words => words.Prepend("pre:")))
        {
            if (word is "pre:" or "post:")
                isAfter = word == "post:";
            else if (Resolve(word) is { } module)
                yield return (module, isAfter);
        }
    }

    private string? Resolve(string word)
    {
        string name = word.Replace('-', '_');
        return Has(name)
            ? name
            : _aliases[word].Concat(_aliases["crypto-" + word])
                .FirstOrDefault(module => Has(module) && module.EndsWith("_generic", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#'));

    private static IEnumerable<string[]> Words(string text, string first) =>
        Lines(text)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length > 2 && words[0] == first);
}
