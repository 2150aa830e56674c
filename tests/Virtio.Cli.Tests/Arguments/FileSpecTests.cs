using Virtio.Cli.Arguments;

namespace Virtio.Cli.Tests.Arguments;

public sealed class FileSpecTests
{
    [Theory]
    [InlineData("tool:/usr/bin/tool", "tool", "/usr/bin/tool", null)]
    [InlineData("/a/b:/c:755", "/a/b", "/c", 0x1ed)]
    [InlineData("with:colon:/c:4755", "with:colon", "/c", 0x9ed)]
    [InlineData("https://host:81/f:/etc/f", "https://host:81/f", "/etc/f", null)]
    public void A_file_is_named_by_its_paths_on_both_sides_and_its_mode(string text, string host, string guest, int? mode) =>
        Assert.Equal(new FileSpec(host, guest, (UnixFileMode?)mode), FileSpec.Parse(text));

    [Theory]
    [InlineData("tool")]
    [InlineData("tool:usr/bin/tool")]
    [InlineData(":/usr/bin/tool")]
    [InlineData("https://host/f")]
    [InlineData("tool:/")]
    [InlineData("tool:/a/../b")]
    [InlineData("tool:/a:x")]
    [InlineData("tool:/a:888")]
    [InlineData("tool:/a:7")]
    [InlineData("tool:/a:")]
    public void What_names_no_file_is_refused_by_its_text(string text)
    {
        var refusal = Assert.Throws<UsageException>(() => FileSpec.Parse(text));

        Assert.StartsWith($"--file {text}: ", refusal.Message, StringComparison.Ordinal);
    }
}
