using System.Reflection;
using PublicApiGenerator;

namespace Virtio.Architecture.Tests;

/// <summary>
/// Everything public is supported, so each change of it must show in the diff of the checked-in snapshot. <c>VIRTIO_UPDATE=1</c> rewrites
/// the snapshot.
/// </summary>
public sealed class PublicApiTests
{
    // These attributes say how a test is found, and some contain the path of its source.
    private static readonly string[] TestAttributes =
    [
        "Xunit.FactAttribute",
        "Xunit.TheoryAttribute",
        "Xunit.MemberDataAttribute",
        "Xunit.InlineDataAttribute",
        "Virtio.Testing.Conformance.RequirementAttribute",
    ];

    [Theory]
    [InlineData("Virtio")]
    [InlineData("Virtio.Linux")]
    [InlineData("Virtio.Riscv")]
    [InlineData("Virtio.Kvm")]
    [InlineData("Virtio.Testing")]
    [InlineData("Virtio.Testing.Conformance")]
    [InlineData("Virtio.VhostUser")]
    [InlineData("Virtio.Vmm")]
    public void The_public_surface_is_the_one_in_the_snapshot(string assembly)
    {
        string actual = Assembly.Load(assembly)
            .GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false, ExcludeAttributes = TestAttributes }) + "\n";
        string path = Path.Combine(Repository.Root, "tests/Virtio.Architecture.Tests/PublicApi", assembly + ".txt");
        if (Environment.GetEnvironmentVariable("VIRTIO_UPDATE") == "1")
            File.WriteAllText(path, actual);
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
