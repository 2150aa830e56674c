using System.Text;

namespace Virtio.Vmm.Tests.Images;

public sealed class GuestImageModuleTests
{
    private const string Folder = "usr/lib/modules/6.12/";

    [Fact]
    public void A_module_comes_with_what_it_needs_and_lacks_and_is_loaded_at_boot()
    {
        var added = Added(Image().WithModules("fancy-fs"));

        Assert.Equal(
            ["kernel/crypto/hash_generic.ko", "kernel/fs/fancy-fs.ko", "kernel/lib/raid.ko"],
            added.Keys.Where(name => name.EndsWith(".ko", StringComparison.Ordinal)).Select(Short).Order());
        Assert.Equal("fancy_fs\n", added["etc/modules"]);
    }

    // The soft dependencies are "hash", which a portable module and another one provide, and "sum", which only a module for certain
    // processors provides.
    [Fact]
    public void The_tables_of_the_guest_are_added_to_with_what_is_to_be_loaded_first_at_the_end()
    {
        var added = Added(Image().WithModules("fancy-fs"));

        string[] lines = added[Folder + "modules.dep"].Split('\n');
        Assert.Equal("kernel/fs/here.ko: the image's own line", lines[0]);
        Assert.Equal("kernel/fs/fancy-fs.ko: kernel/lib/raid.ko kernel/fs/here.ko kernel/crypto/hash_generic.ko", lines[1]);
        Assert.Equal(
            ["alias fs-here here", "alias fs-fancy fancy_fs", "alias crypto-hash hash_generic"],
            added[Folder + "modules.alias"].Trim().Split('\n'));
    }

    [Fact]
    public void What_the_guest_has_is_loaded_and_not_added_again()
    {
        var added = Added(Image().WithModules("here"));

        Assert.DoesNotContain(added.Keys, name => name.EndsWith(".ko", StringComparison.Ordinal));
        Assert.Equal("here\n", added["etc/modules"]);
    }

    [Fact]
    public void Names_of_several_calls_are_loaded_in_their_order_and_what_comes_after_one_is_last()
    {
        var added = Added(Image().WithModules("early").WithFile("x"u8.ToArray(), "/x").WithModules("fancy_fs", "raid"));

        Assert.Equal("early\nfancy_fs\nraid\nlate\n", added["etc/modules"]);
        Assert.Contains("x", added.Keys);
    }

    [Fact]
    public void What_is_built_into_the_kernel_is_no_mistake() => Assert.Equal("", Added(Image().WithModules("virtio"))["etc/modules"]);

    [Fact]
    public void A_module_that_there_is_not_ends_the_start_with_its_name()
    {
        var refusal = Assert.Throws<BootException>(() => Added(Image().WithModules("nonsense")));

        Assert.Contains("'nonsense'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("6.12", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_without_modules_is_told() =>
        Assert.Throws<BootException>(
            () => Added((Image() with { Modules = GuestImageAdditionTests.Archive(_ => { }) }).WithModules("early")));

    [Fact]
    public void An_image_without_modules_says_so_at_once() =>
        Assert.Throws<InvalidOperationException>(() => (Image() with { Modules = null }).WithModules("early"));

    private static Dictionary<string, string> Added(GuestImage image) =>
        GuestImageAdditionTests.Added(image).ToDictionary(entry => entry.Name, entry => entry.Content);

    private static string Short(string path) => path[Folder.Length..];

    private static GuestImage Image() => new("kernel", [Base()], []) { Modules = Archive() };

    private static byte[] Base() => GuestImageAdditionTests.Archive(writer =>
    {
        writer.AddDirectory("usr");
        writer.AddDirectory("usr/lib");
        writer.AddDirectory("usr/lib/modules");
        writer.AddDirectory(Folder[..^1]);
        writer.AddFile(Folder + "kernel/fs/here.ko", "here"u8);
        writer.AddFile(Folder + "modules.dep", "kernel/fs/here.ko: the image's own line\n"u8);
        writer.AddFile(Folder + "modules.alias", "alias fs-here here\n"u8);
    });

    private static byte[] Archive() => GuestImageAdditionTests.Archive(writer =>
    {
        void Add(string name, string content) => writer.AddFile(Folder + name, Encoding.ASCII.GetBytes(content));

        Add(
            "modules.alias",
            "# made by depmod\nalias crypto-hash hash_quick\nalias crypto-hash hash_generic\nalias sum sum_riscv64\n"
            + "alias fs-fancy fancy_fs\nalias fs-here here\n");
        Add("modules.builtin", "kernel/drivers/virtio/virtio.ko\n");
        Add(
            "modules.dep",
            "kernel/fs/fancy-fs.ko: kernel/lib/raid.ko kernel/fs/here.ko\nkernel/lib/raid.ko:\nkernel/fs/here.ko:\n"
            + "kernel/crypto/hash_generic.ko:\nkernel/crypto/hash_quick.ko:\nkernel/crypto/sum_riscv64.ko:\n"
            + "kernel/early.ko:\nkernel/late.ko: kernel/early.ko\n");
        Add("modules.softdep", "softdep fancy_fs pre: crypto-hash gone sum\nsoftdep early post: late\n");
        foreach (string module
            in new[]
            {
                "crypto/hash_generic",
                "crypto/hash_quick",
                "crypto/sum_riscv64",
                "early",
                "fs/fancy-fs",
                "fs/here",
                "late",
                "lib/raid",
            })
            Add($"kernel/{module}.ko", module);
    });
}
