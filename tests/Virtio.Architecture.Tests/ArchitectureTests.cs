using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Virtio.Architecture.Tests;

public sealed partial class ArchitectureTests
{
    // The references that each project may have. A project that is not listed may have none.
    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["Virtio"] = [],
        ["Virtio.Linux"] = ["Virtio"],
        ["Virtio.Riscv"] = [],
        ["Virtio.Kvm"] = [],
        ["Virtio.Testing"] = ["Virtio"],
        ["Virtio.Testing.Conformance"] = ["Virtio", "Virtio.Testing"],
        ["Virtio.Testing.Guest"] = ["Virtio", "Virtio.Testing", "Virtio.Vmm"],
        ["Virtio.Vmm"] = ["Virtio", "Virtio.Linux", "Virtio.Riscv", "Virtio.Kvm"],
        ["Virtio.VhostUser"] = ["Virtio", "Virtio.Linux"],
        ["Virtio.Cli"] = ["Virtio", "Virtio.Linux", "Virtio.Vmm", "Virtio.VhostUser"],
    };

    private static readonly Dictionary<string, string[]> Namespaces = new()
    {
        ["Memory"] = [],
        ["Queues"] = ["Memory"],
        ["Storage"] = [],
        ["Devices"] = ["Memory", "Queues"],
        ["Devices/Block"] = ["Memory", "Queues", "Devices", "Storage"],
        ["Transports"] = ["Memory", "Queues", "Devices"],
    };

    public static TheoryData<string> ProjectNames =>
        [.. Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(folder => Path.GetFileName(folder)!)];

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void Projects_refer_only_along_the_arrows(string project)
    {
        XDocument file = XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj"));
        IEnumerable<string> references = file.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
        Assert.Subset(Projects[project].ToHashSet(), references.ToHashSet());
    }

    [Fact]
    public void Folders_of_the_library_name_only_those_below_them()
    {
        var offences = new List<string>();
        foreach (string path in Repository.SourceFiles("src/Virtio"))
        {
            string folder = Path.GetRelativePath(Path.Combine(Repository.Root, "src/Virtio"), Path.GetDirectoryName(path)!);
            if (folder == ".")
                continue;
            string[] allowed = Namespaces.TryGetValue(folder, out string[]? exact) ? exact : Namespaces[folder.Split('/')[0]];
            offences.AddRange(UsingLine().Matches(File.ReadAllText(path))
                .Select(match => match.Groups[1].Value)
                .Where(used => used != folder.Split('/')[0] && !allowed.Contains(used))
                .Select(used => $"{Repository.Relative(path)} names {used}"));
        }

        Assert.Empty(offences);
    }

    [Theory]
    [InlineData("Riscv")]
    [InlineData("Kvm")]
    public void Processors_name_no_virtio_type(string processor) =>
        Assert.Empty(Repository.SourceFiles("src/Virtio." + processor)
            .Where(path => UsingLine().Matches(File.ReadAllText(path)).Any(used => used.Groups[1].Value != processor))
            .Select(Repository.Relative));

    [Fact]
    public void Unsafe_code_stays_in_the_memory_and_interop_folders() =>
        Assert.Empty(Repository.SourceFiles("src")
            .Where(path => !path.Contains("/src/Virtio/Memory/", StringComparison.Ordinal)
                && !path.Contains("/Interop/", StringComparison.Ordinal))
            .Where(path => UnsafeKeyword().IsMatch(File.ReadAllText(path)))
            .Select(Repository.Relative));

    [Fact]
    public void Files_stay_below_300_lines() =>
        Assert.Empty(Repository.SourceFiles("src").Concat(Repository.SourceFiles("tests"))
            .Where(path => File.ReadLines(path).Count() > 300)
            .Select(Repository.Relative));

    [Fact]
    public void A_file_has_at_most_one_public_type() =>
        Assert.Empty(Repository.SourceFiles("src")
            .Where(path => PublicType().Count(File.ReadAllText(path)) > 1)
            .Select(Repository.Relative));

    [GeneratedRegex(@"^using Virtio\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"^[^/""]*\bunsafe\b[^""]*$", RegexOptions.Multiline)]
    private static partial Regex UnsafeKeyword();

    [GeneratedRegex(
        @"^public (?:static |sealed |abstract |readonly |partial |ref )*(?:class|struct|record|interface|enum|delegate)\b",
        RegexOptions.Multiline)]
    private static partial Regex PublicType();
}
