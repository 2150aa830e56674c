using Virtio.Fuzz;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

/// <summary>Inputs that the fuzzers kept, among them those of fixed defects.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_input_of_the_corpus_is_survived(string name)
    {
        IFuzzTarget target = FuzzTargets.Find(name)!;
        string[] files = Directory.GetFiles(Path.Combine(SourceTree.Root, "fuzz", "corpus", name));
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            Exception? finding = Record.Exception(() => target.Run(File.ReadAllBytes(file)));
            Assert.True(finding is null, $"{file}: {finding}");
        }
    }

    /// <summary>An input may be of any length, including zero.</summary>
    [Theory]
    [MemberData(nameof(Targets))]
    public void Random_inputs_are_survived(string name)
    {
        IFuzzTarget target = FuzzTargets.Find(name)!;
        int seed = Seeds.Next();
        var random = new Random(seed);
        for (int i = 0; i < 500; i++)
        {
            byte[] input = new byte[random.Next(256)];
            random.NextBytes(input);
            Exception? finding = Record.Exception(() => target.Run(input));
            Assert.True(finding is null, $"seed {seed}, input {i}: {finding}");
        }
    }
}
