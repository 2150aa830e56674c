using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class HttpEntityTagTests
{
    [Theory]
    [InlineData("\"xyzzy\"", "xyzzy", false, true)]
    [InlineData("\"\"", "", false, true)]
    [InlineData("\"a, b\"", "a, b", false, true)]
    [InlineData("\"a\\b\"", "a\\b", false, true)]
    [InlineData("\"caf\u00e9\"", "caf\u00e9", false, false)]
    [InlineData("\"a\tb\"", "a\tb", false, false)]
    [InlineData("W/\"xyzzy\"", "xyzzy", true, false)]
    [InlineData("w/\"xyzzy\"", "xyzzy", true, false)]
    [InlineData("xyzzy", "xyzzy", false, false)]
    [InlineData("W/xyzzy", "xyzzy", true, false)]
    public void A_tag_is_read_in_every_spelling_and_sent_only_in_a_valid_one(string text, string opaque, bool isWeak, bool canBeSent)
    {
        HttpEntityTag tag = HttpEntityTag.Parse(text)!.Value;
        Assert.Equal((opaque, isWeak, canBeSent), (tag.Opaque, tag.IsWeak, tag.CanBeSent));
        if (canBeSent)
            Assert.Equal(text, tag.Header);
    }

    [Theory]
    [InlineData("")]
    [InlineData("W/")]
    [InlineData("*")]
    [InlineData("\"")]
    [InlineData("\"abc")]
    [InlineData("\"a\", \"b\"")]
    [InlineData("\"a\"b\"")]
    public void What_names_no_single_version_is_no_tag(string text) => Assert.Null(HttpEntityTag.Parse(text));

    [Theory]
    [InlineData("\"1\"", "\"1\"", true)]
    [InlineData("\"1\"", "1", true)]
    [InlineData("\"1\"", "\"2\"", false)]
    [InlineData("\"1\"", "\"1-gzip\"", false)]
    [InlineData("\"1\"", "W/\"1\"", false)]
    [InlineData("\"a\"", "\"A\"", false)]
    public void Quotes_do_not_count_when_tags_are_compared_and_all_else_does(string one, string other, bool same)
        => Assert.Equal(same, HttpEntityTag.Parse(one)!.Value.IsSame(HttpEntityTag.Parse(other)!.Value));
}
