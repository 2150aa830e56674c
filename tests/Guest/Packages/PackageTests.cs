namespace Virtio.Guest.Tests.Packages;

/// <summary>The packages as a user has them: restored from files into a project outside of this repository.</summary>
public sealed class PackageTests
{
    private const string Program = """
        using Virtio.Testing.Guest;
        using Virtio.Vmm;

        GuestImage image = GuestImage.Find(MicroVmMachine.Software);
        Console.WriteLine(image.Kernel);
        if (args is ["find"])
            return;
        image = image.WithFile("own\n"u8.ToArray(), "/etc/own").WithModules("btrfs");
        var options = new LinuxGuestOptions { Machine = MicroVmMachine.Software, Image = image };
        await using LinuxGuest guest = await LinuxGuest.StartAsync(options);
        Console.WriteLine((await guest.RunAsync("uname -m; cat /etc/own; grep -o btrfs /proc/filesystems")).Text);
        """;

    [Fact]
    public async Task A_guest_boots_with_the_packages_alone_when_built_and_when_published()
    {
        using var project = new OutsideProject(Program, "Virtio.Testing.Guest", "Virtio.Guest.Riscv64");
        await project.DotnetAsync("build", "-c", "Release", "-o", "built");

        // A build copies nothing: the program finds the image in NuGet's folder.
        string kernel = (await project.RunAsync(project.Full("built/outside"), "find")).Trim();
        Assert.StartsWith(Path.Combine(project.Packages, "virtio.guest.riscv64"), kernel, StringComparison.Ordinal);
        Assert.False(Directory.Exists(project.Full("built/guest")));

        // Publishing copies the image and its licences, so that the program also runs on machines without that folder.
        await project.DotnetAsync("publish", "-c", "Release", "-o", "published");
        Directory.Delete(project.Packages, recursive: true);
        Assert.All(
            ["licences.txt", "sources.txt", "manifest"],
            name => Assert.True(File.Exists(project.Full($"published/guest/riscv64/{name}")), name));
        string output = await project.RunAsync(project.Full("published/outside"));
        Assert.Equal([project.Full("published/guest/riscv64/Image.zst"), "riscv64", "own", "btrfs"], output.Trim().Split('\n'));
    }
}
