using Virtio.Cli.Arguments;

namespace Virtio.Cli.Tests.Arguments;

public class DiskSpecTests
{
    [Fact]
    public void A_disk_is_a_path_a_url_or_memory_with_options_in_any_order()
    {
        Assert.Equal(new DiskSpec(DiskKind.File, "a.img", 0, false, "", RingSpec.Default), DiskSpec.Parse("a.img"));
        Assert.Equal(new DiskSpec(DiskKind.File, "/dev/sdb", 0, true, "root", RingSpec.Default), DiskSpec.Parse("/dev/sdb,ro,id=root"));
        Assert.Equal(
            new DiskSpec(DiskKind.File, "a.img", 0, false, "", RingSpec.Default) { Shared = true },
            DiskSpec.Parse("a.img,shared"));
        Assert.Equal(new DiskSpec(DiskKind.MappedFile, "a.img", 0, true, "", RingSpec.Default), DiskSpec.Parse("a.img,mapped,ro"));
        Assert.Equal(new DiskSpec(DiskKind.Memory, "mem:64M", 64 << 20, true, "x", RingSpec.Default), DiskSpec.Parse("mem:64M,id=x,ro"));
        Assert.Equal(
            new DiskSpec(DiskKind.Http, "https://h/p?a=1,2", 0, false, "n", RingSpec.Default),
            DiskSpec.Parse("https://h/p?a=1,,2,id=n"));
        Assert.Equal(
            new DiskSpec(DiskKind.Http, "http://h/d", 0, true, "", RingSpec.Default) { Unvalidated = true },
            DiskSpec.Parse("http://h/d,unvalidated,ro"));
        Assert.Equal(
            new DiskSpec(DiskKind.File, "a.img", 0, false, "", RingSpec.Default) { Format = "ext4" },
            DiskSpec.Parse("a.img,mkfs=ext4"));
    }

    [Theory]
    [InlineData("a,,b,,,,c.img,ro", "a,b,,c.img", "")]
    [InlineData(",,,ro", ",", "")]
    [InlineData("a.img,ro,id=x,,y", "a.img", "x,y")]
    public void Two_commas_stand_for_one_that_belongs_to_a_path_or_a_name(string text, string path, string id) =>
        Assert.Equal(new DiskSpec(DiskKind.File, path, 0, true, id, RingSpec.Default), DiskSpec.Parse(text));

    [Theory]
    [InlineData("a.img,foo", "unknown option 'foo'")]
    [InlineData("a,b.img,ro", "unknown option 'b.img'")]
    [InlineData("a.img,ro=1", "unknown option 'ro=1'")]
    [InlineData("a.img,", "an option is empty")]
    [InlineData("a.img,mkfs=xfs", "the guest cannot make a file system 'xfs'")]
    [InlineData("a.img,mkfs=ext4,ro", "read-only")]
    [InlineData("http://h/d,mkfs=ext4", "read-only")]
    [InlineData("ftp://h/d", "unknown scheme 'ftp'")]
    [InlineData("FILE:///d", "unknown scheme 'FILE'")]
    [InlineData("mem:12Q", "'Q' is no unit")]
    public void The_wrong_part_of_a_disk_is_named(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => DiskSpec.Parse(text)).Message);

    [Theory]
    [InlineData("http://user:secret@h/d?key=secret,foo")]
    [InlineData("ftp://user:secret@h/d")]
    [InlineData("http://user:secret@/d")]
    public void Messages_show_no_credentials_of_a_url(string text) =>
        Assert.DoesNotContain("secret", Assert.Throws<UsageException>(() => DiskSpec.Parse(text)).Message);

    [Fact]
    public void What_the_ring_offers_is_said_by_name_and_said_last_counts()
    {
        Assert.Equal(
            new RingSpec(
                VirtioFeatures.EventIndex | VirtioFeatures.IndirectDescriptors | VirtioFeatures.RingReset | VirtioFeatures.InOrder, 1024),
            DiskSpec.Parse("a.img,packed=on,ro,packed=off,in-order=on,queue-size=1024").Ring);
        Assert.Equal(
            new RingSpec(VirtioFeatures.RingPacked, 300),
            DiskSpec.Parse("mem:1M,event-idx=off,indirect=off,queue-reset=off,queue-size=300").Ring);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a,packed=maybe")]
    [InlineData("a,packed")]
    [InlineData("a,in-order=")]
    [InlineData("a,queue-size=3,indirect=off")]
    [InlineData("a,queue-size=0")]
    [InlineData("a,queue-size=65536")]
    [InlineData("a,queue-size=x")]
    [InlineData("a,packed=off,queue-size=300")]
    [InlineData(",ro")]
    [InlineData("a,id=x,id=y")]
    [InlineData("a,id=")]
    [InlineData("a,id=123456789012345678901")]
    [InlineData("a,id=ä")]
    [InlineData("mem:")]
    [InlineData("mem:0")]
    [InlineData("mem:1000")]
    [InlineData("mem:-1G")]
    [InlineData("mem:99999999T")]
    [InlineData("mem:1G,mapped")]
    [InlineData("mem:1G,shared")]
    [InlineData("http://h/disk,mapped")]
    [InlineData("a.img,unvalidated")]
    [InlineData("mem:1G,unvalidated")]
    [InlineData("http://")]
    [InlineData("http:///x")]
    public void What_is_no_disk_is_refused_with_its_text(string text)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => DiskSpec.Parse(text));
        Assert.StartsWith("--disk", refusal.Message);
        Assert.Contains(text, refusal.Message);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("512", 512)]
    [InlineData("4k", 4096)]
    [InlineData("64M", 64L << 20)]
    [InlineData("1G", 1L << 30)]
    [InlineData("1GiB", 1L << 30)]
    [InlineData("1GB", 1L << 30)]
    [InlineData("1gib", 1L << 30)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("0.5K", 512)]
    [InlineData(".5kb", 512)]
    [InlineData("512B", 512)]
    [InlineData("3T", 3L << 40)]
    [InlineData("8388607T", 8388607L << 40)]
    public void Sizes_are_read_as_people_write_them(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out long parsed, out _));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("", "the size is empty")]
    [InlineData("G", "'G' does not begin with a number")]
    [InlineData("0", "the size is zero")]
    [InlineData("0.0G", "the size is zero")]
    [InlineData("-1", "'-1' does not begin with a number")]
    [InlineData("+1", "'+1' does not begin with a number")]
    [InlineData("1.2.3G", "'1.2.3' is no number")]
    [InlineData(".", "'.' is no number")]
    [InlineData("1.5", "1.5 is no whole number of bytes")]
    [InlineData("1X", "'X' is no unit; give K, M, G or T")]
    [InlineData("1 G", "' G' is no unit")]
    [InlineData("1iB", "'iB' is no unit")]
    [InlineData("1GG", "'GG' is no unit")]
    [InlineData("1,5G", "',5G' is no unit")]
    [InlineData("9999999999999999999", "9999999999999999999 is too large")]
    [InlineData("99999999999999999999999999999999999999G", "is too large")]
    [InlineData("8388608T", "8388608 is too large")]
    public void The_wrong_part_of_a_size_is_named(string text, string expected)
    {
        Assert.False(ByteSize.TryParse(text, out _, out string fault));
        Assert.Contains(expected, fault);
    }

    [Theory]
    [InlineData("90", 90_000)]
    [InlineData("1.5s", 1500)]
    [InlineData("250ms", 250)]
    [InlineData("2m", 120_000)]
    [InlineData("0.5h", 1_800_000)]
    [InlineData("1d", 86_400_000)]
    public void Times_are_read_as_timeout_reads_them(string text, long milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Duration.Parse("--timeout", text));

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("x", "'x' does not begin with a number")]
    [InlineData("5x", "'x' is no unit")]
    [InlineData("1.2.3s", "'1.2.3' is no number")]
    [InlineData("0", "give 1ms to 24d")]
    [InlineData("25d", "give 1ms to 24d")]
    public void The_wrong_part_of_a_time_is_named(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Duration.Parse("--timeout", text)).Message);

    [Theory]
    [InlineData(512, "512 bytes")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(1L << 30, "1 GiB")]
    [InlineData(3L << 40, "3 TiB")]
    public void Sizes_are_written_as_people_read_them(long bytes, string text) => Assert.Equal(text, ByteSize.Format(bytes));
}
