using CsCheck;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class HttpContentRangeTests
{
    private static readonly string[] BlankSpellings = ["", " ", "\t", "  "];
    private static readonly string[] UnitSpellings = ["bytes", "Bytes", "BYTES", "bYtEs"];
    private static readonly Gen<string> Blanks = Gen.Int[0, 3].Select(i => BlankSpellings[i]);
    private static readonly Gen<string> Unit = Gen.Int[0, 3].Select(i => UnitSpellings[i]);

    [Fact]
    public void Every_valid_range_is_read_back_whatever_its_blanks_zeros_and_letter_case()
        => Gen.Select(Gen.Long[0, long.MaxValue - 1], Gen.Long[0, 1 << 30], Gen.Long[1, 1 << 30], Gen.Bool,
        Gen.Select(Unit, Blanks, Blanks, Gen.Bool)).Sample(
            (from, count, beyond, isUnknown, spelling) =>
            {
                (string unit, string one, string two, bool zeros) = spelling;
                from = Math.Min(from, long.MaxValue - 1 - count);
                long to = from + count;
                long? length = isUnknown ? null : to >= long.MaxValue - beyond ? long.MaxValue : to + beyond;
                string text =
                    $"{one}{unit} {two}{(zeros ? "000" : "")}{from}{one}-{two}{to}{one}/{two}{(isUnknown ? "*" : $"{length}")}{one}";
                Assert.Null(HttpContentRange.Parse(text, out HttpContentRange range));
                Assert.Equal(new HttpContentRange(from, to, length), range);
                Assert.Equal(count + 1, range.Count);
            },
            threads: 1);

    [Fact]
    public void No_text_makes_a_range_that_contradicts_itself()
        => Gen.String[Gen.Char["bytesBYTES */-0123456789 \t,=:+"], 0, 40].Where(text => text.Length > 0).Sample(
            text =>
            {
                foreach (string value in new[] { text, "bytes " + text, "bytes 0-0/" + text, $"bytes {text}/9" })
                {
                    if (HttpContentRange.Parse(value, out HttpContentRange range) is null && !range.IsUnsatisfied)
                        Assert.True(range.From >= 0 && range.To >= range.From && (range.Length is null || range.Length > range.To), value);
                }
            },
            threads: 1);

    [Theory]
    [InlineData("bytes */0", 0)]
    [InlineData("bytes */47022", 47022)]
    [InlineData("Bytes  * / 9223372036854775807 ", long.MaxValue)]
    public void An_unsatisfied_range_has_a_length_alone(string text, long length)
    {
        Assert.Null(HttpContentRange.Parse(text, out HttpContentRange range));
        Assert.True(range.IsUnsatisfied);
        Assert.Equal(length, range.Length);
    }

    [Theory]
    [InlineData("", "malformed")]
    [InlineData("bytes", "malformed")]
    [InlineData("bytes0-1/2", "malformed")]
    [InlineData("bytes=0-1/2", "malformed")]
    [InlineData("bytes 0-1", "malformed")]
    [InlineData("bytes 0/1", "malformed")]
    [InlineData("bytes -1/2", "malformed")]
    [InlineData("bytes 0-/2", "malformed")]
    [InlineData("bytes +0-1/2", "malformed")]
    [InlineData("bytes 0-1/-2", "malformed")]
    [InlineData("bytes 0-1/2/3", "malformed")]
    [InlineData("bytes 0-1/2, bytes 0-1/2", "malformed")]
    [InlineData("bytes 0-1,3-4/9", "malformed")]
    [InlineData("bytes 0x0-1/2", "malformed")]
    [InlineData("bytes ٠-١/٢", "malformed")]
    [InlineData("bytes */*", "malformed")]
    [InlineData("items 0-1/2", "not in bytes")]
    [InlineData("none 0-1/2", "not in bytes")]
    [InlineData("bytes 2-1/9", "ends before it starts")]
    [InlineData("bytes 0-1/1", "ends after the end")]
    [InlineData("bytes 0-0/0", "ends after the end")]
    [InlineData("bytes 0-1/9223372036854775808", "above 2^63-1")]
    [InlineData("bytes 0-99999999999999999999999999/*", "above 2^63-1")]
    [InlineData("bytes */18446744073709551616", "above 2^63-1")]
    public void What_is_no_range_is_refused_with_the_reason(string text, string reason)
        => Assert.Contains(reason, HttpContentRange.Parse(text, out _), StringComparison.Ordinal);
}
