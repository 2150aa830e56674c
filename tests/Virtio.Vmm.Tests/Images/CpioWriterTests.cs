using System.Text;
using CsCheck;
using Virtio.Tests.Storage;
using Virtio.Vmm.Images;

namespace Virtio.Vmm.Tests.Images;

public sealed class CpioWriterTests
{
    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    private static readonly Gen<string> Names = Gen.Select(
        Gen.Char["abcé-_ ."].Array[1, 12],
        Gen.Int[0, 3],
        (letters, depth) => new string(letters).Replace('.', 'x') + string.Concat(Enumerable.Repeat("/sub", depth)));

    private static readonly Gen<(string Name, byte[] Content, int Mode)[]> Files =
        Gen.Select(Names, Gen.Byte.Array[0, 300], Gen.Int[0, 0xfff], (name, content, mode) => (name, content, mode)).Array[0, 20];

    [Fact]
    public void What_was_written_is_read_back_whatever_its_names_lengths_and_modes() => Files.Sample(files =>
    {
        using var archive = new MemoryStream();
        var writer = new CpioWriter(archive);
        foreach ((string name, byte[] content, int mode) in files)
            writer.AddFile(name, content, (UnixFileMode)mode);
        writer.Complete();

        Assert.Equal(0, archive.Length % 4);
        archive.Position = 0;
        var reader = new CpioReader(archive);
        foreach ((string name, byte[] content, int mode) in files)
        {
            CpioHeader entry = reader.Next() ?? throw new InvalidDataException("an entry is missing");
            Assert.Equal((name, (uint)CpioEntryType.File | (uint)mode), (entry.Name, entry.Mode));
            Assert.Equal(content, reader.ReadContent(entry));
        }

        Assert.Null(reader.Next());
        Assert.Equal(archive.Length, archive.Position);
    });

    [Fact]
    public async Task The_cpio_program_unpacks_files_folders_and_links_with_their_modes()
    {
        Programs.Find("cpio");
        using var folder = new TemporaryFolder();
        string archive = folder.File("test.cpio", Write(writer =>
        {
            writer.AddDirectory("/opt", (UnixFileMode)0b111_101_000);
            writer.AddFile("opt/tool", "#!/bin/sh\n"u8, Executable);
            writer.AddFile("opt/odd length", new byte[4097]);
            writer.AddFile("empty", []);
            writer.AddFile("from-stream", new MemoryStream(Encoding.ASCII.GetBytes(new string('s', 300_000) + "more")), 300_000);
            writer.AddSymbolicLink("opt/link", "../empty");
        }));

        (int status, string output) = await Programs.Run(
            "sh", "-c", $"cd '{folder.Root}' && cpio -idm --quiet --no-preserve-owner <'{archive}'");

        Assert.Equal((0, ""), (status, output));
        string At(string path) => Path.Combine(folder.Root, path);
        Assert.Equal("#!/bin/sh\n", await File.ReadAllTextAsync(At("opt/tool")));
        Assert.Equal(new byte[4097], await File.ReadAllBytesAsync(At("opt/odd length")));
        Assert.Equal(new string('s', 300_000), await File.ReadAllTextAsync(At("from-stream")));
        Assert.Empty(await File.ReadAllBytesAsync(At("empty")));
        Assert.Equal("../empty", new FileInfo(At("opt/link")).LinkTarget);
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(At("opt/tool")));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(
                (Executable, (UnixFileMode)0b111_101_000),
                (File.GetUnixFileMode(At("opt/tool")), File.GetUnixFileMode(At("opt"))));
    }

    [Fact]
    public async Task The_cpio_program_lists_devices_and_roots_ownership()
    {
        Programs.Find("cpio");
        using var folder = new TemporaryFolder();
        string archive = folder.File("test.cpio", Write(writer =>
        {
            writer.AddCharacterDevice("dev/console", 5, 1);
            writer.AddBlockDevice("dev/vda", 254, 1048575, (UnixFileMode)0b110_110_000);
        }));

        (_, string output) = await Programs.Run("sh", "-c", $"cpio -itvn --quiet <'{archive}'");

        string[] lines = output.Split('\n');
        Assert.Matches("^crw-------\\s+1 0\\s+0\\s+5,\\s+1 .* dev/console$", lines[0]);
        Assert.Matches("^brw-rw----\\s+1 0\\s+0\\s+254,\\s*1048575 .* dev/vda$", lines[1]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("./.")]
    [InlineData("a/")]
    [InlineData("a\0b")]
    [InlineData("TRAILER!!!")]
    public void A_name_that_no_file_can_have_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => Write(writer => writer.AddFile(name, [])));

    [Fact]
    public void A_name_longer_than_Linux_takes_is_refused()
    {
        Write(writer => writer.AddFile(new string('n', CpioWriter.MaxNameLength), []));

        Assert.Throws<ArgumentException>(() => Write(writer => writer.AddFile(new string('n', CpioWriter.MaxNameLength + 1), [])));
    }

    [Fact]
    public void A_file_of_4_GiB_is_refused_and_one_byte_less_is_not()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Write(writer => writer.AddFile("big", Stream.Null, CpioWriter.MaxFileLength + 1)));
        Assert.Equal(
            "ffffffff",
            Encoding.ASCII.GetString(Write(w => w.BeginFile("big", CpioWriter.MaxFileLength, Executable)), 6 + 6 * 8, 8));
    }

    [Fact]
    public void A_stream_that_ends_before_its_length_is_told() =>
        Assert.Throws<EndOfStreamException>(() => Write(writer => writer.AddFile("short", new MemoryStream(new byte[9]), 10)));

    [Fact]
    public void Nothing_is_added_behind_the_end()
    {
        var writer = new CpioWriter(new MemoryStream());
        writer.Complete();

        Assert.Throws<ObjectDisposedException>(() => writer.AddFile("late", []));
    }

    [Fact]
    public void A_time_before_1970_is_refused() =>
        Assert.Throws<InvalidOperationException>(() => Write(writer =>
        {
            writer.ModificationTime = DateTimeOffset.UnixEpoch.AddSeconds(-1);
            writer.AddFile("old", []);
        }));

    private static byte[] Write(Action<CpioWriter> add)
    {
        using var archive = new MemoryStream();
        var writer = new CpioWriter(archive);
        add(writer);
        writer.Complete();
        return archive.ToArray();
    }
}
