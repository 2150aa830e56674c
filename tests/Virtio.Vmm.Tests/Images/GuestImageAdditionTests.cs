using System.IO.Compression;
using System.Text;
using Virtio.Tests.Storage;
using Virtio.Vmm.Images;

namespace Virtio.Vmm.Tests.Images;

public sealed class GuestImageAdditionTests
{
    private const int Folder = 0x41ed;
    private const int Plain = 0x81a4;
    private const int Executable = 0x81ed;
    private static readonly byte[] Some = [1];

    [Fact]
    public void A_file_comes_with_the_folders_that_the_image_lacks_and_with_no_others()
    {
        GuestImage image = Image(Base()).WithFile("hello"u8.ToArray(), "/usr/share/one/two/file");

        Assert.Equal(
            [
                ("usr/share", Folder, ""),
                ("usr/share/one", Folder, ""),
                ("usr/share/one/two", Folder, ""),
                ("usr/share/one/two/file", Plain, "hello"),
            ],
            Added(image));
    }

    [Fact]
    public void A_file_below_a_link_goes_where_the_link_leads()
    {
        GuestImage image = Image(Base()).WithFile("#!"u8.ToArray(), "/bin/tool", (UnixFileMode)0x1ed).WithFile(Some, "/loop/to/bin/x");

        Assert.Equal(["usr/bin/tool", "usr/bin/x"], Added(image).Select(entry => entry.Name));
    }

    [Fact]
    public void All_files_are_in_one_ramdisk_and_the_image_that_they_were_added_to_stays_as_it_was()
    {
        GuestImage image = Image(Base());
        GuestImage one = image.WithFile("1"u8.ToArray(), "/etc/one");
        GuestImage two = one.WithFile("2"u8.ToArray(), "/etc/two");

        Assert.Equal([1, 2, 2], new[] { image, one, two }.Select(each => each.Initrd.Count));
        Assert.Equal(["etc/one"], Added(one).Select(entry => entry.Name));
        Assert.Equal(["etc/one", "etc/two"], Added(two).Select(entry => entry.Name));
    }

    [Fact]
    public void A_file_of_the_host_keeps_its_permissions_and_is_read_when_the_machine_starts()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such permissions");
            return;
        }

        using var folder = new TemporaryFolder();
        string path = folder.File("tool", []);
        File.SetUnixFileMode(path, (UnixFileMode)0x1ed);
        GuestImage image = Image(Base()).WithFile(path, "/etc/tool");
        File.WriteAllText(path, "later");

        Assert.Equal([("etc/tool", Executable, "later")], Added(image));
    }

    [Fact]
    public void A_stream_that_does_not_say_how_long_it_is_is_added_whole()
    {
        byte[] packed = Pack(new byte[100_000]);
        GuestImage image = Image(Base())
            .WithFile(BootSource.FromStream(() => new GZipStream(new MemoryStream(packed), CompressionMode.Decompress)), "/etc/zeros");

        Assert.Equal(100_000, Added(image).Single().Content.Length);
    }

    [Fact]
    public void Ramdisks_that_are_compressed_or_joined_are_looked_into()
    {
        byte[] empty = Archive(_ => { });
        byte[] microcodeFirst = [.. empty, .. new byte[512], .. Pack(Base())];
        byte[] zstd = new ZstdSharp.Compressor().Wrap(Base()).ToArray();

        foreach (byte[] ramdisk in new[] { microcodeFirst, zstd })
            Assert.Equal(["usr/bin/tool"], Added(Image(ramdisk).WithFile(Some, "/bin/tool")).Select(entry => entry.Name));
    }

    [Theory]
    [InlineData("/etc", "'/etc' is a folder")]
    [InlineData("/etc/passwd/x", "'/etc/passwd' is a file")]
    [InlineData("/circle/x", "in a circle")]
    public void A_file_that_has_no_place_in_the_guest_ends_the_start_with_the_reason(string path, string reason)
    {
        var refusal = Assert.Throws<BootException>(() => Added(Image(Base()).WithFile(Some, path)));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ramdisk_that_cannot_be_looked_into_ends_the_start_with_its_name()
    {
        BootSource xz = BootSource.FromBytes([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, 1, 2], "mine.xz");

        var refusal = Assert.Throws<BootException>(() => Added(new GuestImage("kernel", [xz], []).WithFile(Some, "/x")));

        Assert.Contains("'mine.xz'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(150)]
    [InlineData(300)]
    public void A_ramdisk_that_is_cut_off_ends_the_start(int length) =>
        Assert.Throws<BootException>(() => Added(Image(Base()[..length]).WithFile(Some, "/x")));

    [Fact]
    public void A_file_that_is_missing_ends_the_start_with_its_path()
    {
        var refusal = Assert.Throws<BootException>(() => Added(Image(Base()).WithFile("/no/such/file", "/x")));

        Assert.Contains("'/no/such/file'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a/../b")]
    public void A_path_that_no_guest_can_have_is_refused_at_once(string path) =>
        Assert.Throws<ArgumentException>(() => Image(Base()).WithFile(Some, path));

    internal static byte[] Archive(Action<CpioWriter> add)
    {
        using var archive = new MemoryStream();
        var writer = new CpioWriter(archive);
        add(writer);
        writer.Complete();
        return archive.ToArray();
    }

    /// <summary>The contents of an image's last ramdisk.</summary>
    internal static IReadOnlyList<(string Name, int Mode, string Content)> Added(GuestImage image)
    {
        using Stream stream = image.Initrd[^1].Open();
        var reader = new CpioReader(stream);
        var entries = new List<(string, int, string)>();
        while (reader.Next() is { } entry)
            entries.Add((entry.Name, (int)entry.Mode, Encoding.UTF8.GetString(reader.ReadContent(entry))));
        return entries;
    }

    private static GuestImage Image(byte[] initrd) => new("kernel", [BootSource.FromBytes(initrd, "initrd")], []);

    private static byte[] Base() => Archive(writer =>
    {
        writer.AddDirectory("etc");
        writer.AddDirectory("usr");
        writer.AddDirectory("usr/bin");
        writer.AddSymbolicLink("bin", "usr/bin");
        writer.AddSymbolicLink("loop", "/etc/../");
        writer.AddDirectory("to");
        writer.AddSymbolicLink("to/bin", "../bin/.");
        writer.AddSymbolicLink("circle", "/circle");
        writer.AddFile("etc/passwd", "root"u8);
    });

    private static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }
}
