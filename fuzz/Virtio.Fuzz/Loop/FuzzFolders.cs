namespace Virtio.Fuzz.Loop;

/// <summary>The folders of a target's inputs: the repository's corpus, the inputs found on this machine, and the findings.</summary>
internal sealed class FuzzFolders
{
    private readonly string _corpus;
    private readonly FileStream _last;

    internal FuzzFolders(string root, string target)
    {
        _corpus = Path.Combine(root, "fuzz", "corpus", target);
        Found = Path.Combine(root, "artifacts", "fuzz", target);
        Findings = Path.Combine(root, "artifacts", "fuzz-findings", target);
        Directory.CreateDirectory(Findings);
        Last = Path.Combine(Findings, "last");
        _last = new FileStream(Last, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>The folder of inputs that took a new branch.</summary>
    internal string Found { get; }

    internal string Findings { get; }

    /// <summary>The input that runs now; it survives a crash of the process.</summary>
    internal string Last { get; }

    internal IEnumerable<string> Corpus() =>
        new[] { _corpus, Found }
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            .ToList();

    /// <summary>Copies to the repository's corpus the inputs that take branches that no input there takes, short inputs first.</summary>
    internal void Choose(IFuzzTarget target)
    {
        Directory.CreateDirectory(_corpus);
        foreach (string file in Corpus().OrderBy(file => Path.GetDirectoryName(file) != _corpus).ThenBy(file => new FileInfo(file).Length))
        {
            byte[] input = File.ReadAllBytes(file);
            Coverage.Begin();
            target.Run(input);
            if (Coverage.End(often: false) && Path.GetDirectoryName(file) != _corpus)
                File.Copy(file, Path.Combine(_corpus, Path.GetFileName(file)));
        }

        Forget();
    }

    internal void Remember(byte[] input)
    {
        _last.Position = 0;
        _last.Write(input);
        _last.SetLength(input.Length);
    }

    internal void Forget()
    {
        _last.Dispose();
        File.Delete(Last);
    }
}
