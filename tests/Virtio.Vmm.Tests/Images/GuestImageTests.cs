using Virtio.Vmm.Images;

namespace Virtio.Vmm.Tests.Images;

public sealed class GuestImageTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("virtio-images-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(MicroVmMachine.Software, "riscv64/Image")]
    [InlineData(MicroVmMachine.Kvm, "amd64/vmlinuz")]
    public void Each_machine_gets_the_image_of_its_architecture(MicroVmMachine machine, string kernel)
    {
        Make("artifacts/guest/riscv64", "Image");
        Make("artifacts/guest/amd64", "vmlinuz");

        Assert.Equal(Full($"artifacts/guest/{kernel}"), Search(current: _root).TryFind(machine)?.Kernel.Name);
    }

    [Fact]
    public void The_image_is_found_from_a_folder_further_down()
    {
        Make("artifacts/guest/riscv64", "Image");
        string below = Directory.CreateDirectory(Full("src/deep")).FullName;

        Assert.Equal(
            Full("artifacts/guest/riscv64/Image"),
            Search(named: "", program: below).TryFind(MicroVmMachine.Software)?.Kernel.Name);
    }

    [Fact]
    public void The_folder_that_the_environment_names_may_be_the_one_above_both_images()
    {
        Make("mine/riscv64", "Image");
        Make("mine/amd64", "vmlinuz");

        Assert.Equal(Full("mine/amd64/vmlinuz"), Search(named: Full("mine")).TryFind(MicroVmMachine.Kvm)?.Kernel.Name);
    }

    [Theory]
    [InlineData(MicroVmMachine.Kvm, "vmlinuz")]
    [InlineData(MicroVmMachine.Software, null)]
    [InlineData(MicroVmMachine.Auto, "vmlinuz")]
    public void The_folder_that_the_environment_names_may_be_an_image_itself_and_is_not_given_to_another_machine(
        MicroVmMachine machine, string? kernel)
    {
        Make("mine", "vmlinuz");

        Assert.Equal(kernel is null ? null : Full($"mine/{kernel}"), Search(named: Full("mine")).TryFind(machine)?.Kernel.Name);
    }

    [Fact]
    public void An_image_elsewhere_is_not_taken_for_one_that_is_missing_where_the_environment_says()
    {
        Make("artifacts/guest/riscv64", "Image");

        Assert.Null(Search(named: Full("nothing"), current: _root).TryFind(MicroVmMachine.Software));
    }

    [Fact]
    public void A_folder_gives_kernel_ramdisks_and_parameters()
    {
        Make("mine", "vmlinuz", "initrd.cpio", "tools.cpio");
        File.WriteAllText(Full("mine/cmdline"), "faster\n");

        GuestImage image = GuestImage.FromFolder(Full("mine"));

        Assert.Equal(
            [Full("mine/vmlinuz"), Full("mine/initrd.cpio"), Full("mine/tools.cpio"), "faster"],
            [image.Kernel.Name, image.Initrd.Single().Name, image.Tools.Single().Name, image.CommandLine]);
    }

    [Fact]
    public void A_folder_without_a_kernel_is_refused_by_the_kernels_names()
    {
        var refusal = Assert.Throws<FileNotFoundException>(() => GuestImage.FromFolder(_root));

        Assert.Contains("Image or vmlinuz", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_image_of_a_package_is_found_where_the_package_is_and_before_one_that_was_made()
    {
        Make("artifacts/guest/riscv64", "Image");
        Make("packages/virtio.guest.riscv64/guest/riscv64", "Image.zst", "initrd.cpio.zst", "tools.cpio.zst", "modules.cpio.zst");
        GuestImageSearch search = Search(
            current: _root,
            package: setting => setting == "Virtio.Guest.riscv64" ? Full("packages/virtio.guest.riscv64/guest/riscv64") : null);

        GuestImage? image = search.TryFind(MicroVmMachine.Software);

        Assert.NotNull(image);
        string[] names = [image.Kernel.Name, image.Initrd.Single().Name, image.Tools.Single().Name, image.Modules!.Name];
        Assert.Equal(["Image.zst", "initrd.cpio.zst", "tools.cpio.zst", "modules.cpio.zst"], names.Select(Path.GetFileName));
        Assert.All(names, name => Assert.StartsWith(Full("packages"), name, StringComparison.Ordinal));
    }

    [Fact]
    public void The_image_beside_a_published_program_is_taken_where_the_package_is_not_on_this_machine()
    {
        Make("published/guest/amd64", "vmlinuz");

        Assert.Equal(
            Full("published/guest/amd64/vmlinuz"),
            Search(program: Full("published"), package: _ => "/nowhere").TryFind(MicroVmMachine.Kvm)?.Kernel.Name);
    }

    [Fact]
    public void What_is_missing_is_told_with_the_package_that_has_it() =>
        Assert.Contains("Virtio.Guest.Riscv64", GuestImageSearch.WhatIsMissing(MicroVmMachine.Software), StringComparison.Ordinal);

    // Searches outside this repository, which may have images.
    private static GuestImageSearch Search(
        string? named = null, string program = "/nowhere", string current = "/nowhere", Func<string, string?>? package = null) =>
        new(named, program, current, package ?? (_ => null));

    private string Full(string path) => Path.Combine(_root, path);

    private void Make(string folder, params ReadOnlySpan<string> files)
    {
        Directory.CreateDirectory(Full(folder));
        foreach (string file in files)
            File.WriteAllBytes(Full($"{folder}/{file}"), []);
    }
}
