namespace Virtio.Vmm.Images;

/// <summary>What depmod knows of a kernel's modules: the texts of <c>modules.dep</c>, <c>modules.softdep</c>, <c>modules.alias</c> and <c>modules.builtin</c>.</summary>
internal sealed class ModuleTables(string dependencies, string softDependencies, string aliases, string builtIn)
{
    // A module's path and the paths of all that it needs, those that have to be loaded first at the end.
    private readonly Dictionary<string, string[]> _paths = Lines(dependencies)
        .Select(line => line.Replace(":", "", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(paths => NameOf(paths[0]));

    private readonly HashSet<string> _builtIn = [.. Lines(builtIn).Select(NameOf)];
    private readonly ILookup<string, string> _aliases = Words(aliases, "alias").ToLookup(words => words[1], words => words[2]);
    private readonly ILookup<string, string[]> _soft = Words(softDependencies, "softdep").ToLookup(words => words[1], words => words[2..]);

    /// <summary>The name of a module whose path or spelling is given: <c>kernel/drivers/char/hw_random/virtio-rng.ko</c> is <c>virtio_rng</c>.</summary>
    internal static string NameOf(string path) => Path.GetFileNameWithoutExtension(path).Replace('-', '_');

    /// <summary>Whether there is such a module.</summary>
    internal bool Has(string name) => _paths.ContainsKey(name);

    /// <summary>Whether the kernel has it in itself.</summary>
    internal bool IsBuiltIn(string name) => _builtIn.Contains(name);

    /// <summary>A module's path, below the folder of the kernel's version.</summary>
    internal string PathOf(string name) => _paths[name][0];

    /// <summary>All aliases of a module: by one of them the kernel asks for it.</summary>
    internal IEnumerable<string> AliasesOf(string name) => _aliases.Where(names => names.Contains(name)).Select(names => names.Key);

    /// <summary>What has to be loaded before a module, what comes first at the end, as a line of <c>modules.dep</c> has it. What its authors only advise is there too.</summary>
    internal IReadOnlyList<string> NeededBy(string name)
    {
        var needed = new List<string>();
        Collect(name, needed, []);
        needed.RemoveAt(0);

        // The last mention of one is the deepest.
        return [.. needed.AsEnumerable().Reverse().Distinct().Reverse()];
    }

    /// <summary>What is to be loaded after a module.</summary>
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

    // "pre: a b post: c"; what stands before either is taken for "pre". Such a word may be the name of a kind of algorithm. Only the portable module of it serves everywhere: one for a
    // processor with certain instructions would fail on others, and with it what it is loaded for.
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
        return Has(name) ? name : _aliases[word].Concat(_aliases["crypto-" + word]).FirstOrDefault(module => Has(module) && module.EndsWith("_generic", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#'));

    private static IEnumerable<string[]> Words(string text, string first) =>
        Lines(text).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 2 && words[0] == first);
}
