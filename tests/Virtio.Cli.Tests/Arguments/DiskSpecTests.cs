using Virtio.Cli.Arguments;

namespace Virtio.Cli.Tests.Arguments;

public class DiskSpecTests
{
    [Fact]
    public void A_disk_is_a_path_a_url_or_memory_with_options_in_any_order()
    {
        Assert.Equal(new DiskSpec(DiskKind.File, "a.img", 0, false, "", RingSpec.Default), DiskSpec.Parse("a.img"));
        Assert.Equal(new DiskSpec(DiskKind.File, "/dev/sdb", 0, true, "root", RingSpec.Default), DiskSpec.Parse("/dev/sdb,ro,id=root"));
        Assert.Equal(new DiskSpec(DiskKind.File, "a.img", 0, false, "", RingSpec.Default) { Shared = true }, DiskSpec.Parse("a.img,shared"));
        Assert.Equal(new DiskSpec(DiskKind.MappedFile, "a.img", 0, true, "", RingSpec.Default), DiskSpec.Parse("a.img,mapped,ro"));
        Assert.Equal(new DiskSpec(DiskKind.Memory, "mem:64M", 64 << 20, true, "x", RingSpec.Default), DiskSpec.Parse("mem:64M,id=x,ro"));
        Assert.Equal(new DiskSpec(DiskKind.Http, "https://h/p?a=1,2", 0, false, "n", RingSpec.Default), DiskSpec.Parse("https://h/p?a=1,2,id=n"));
    }

    [Fact]
    public void A_path_may_have_commas() =>
        Assert.Equal(new DiskSpec(DiskKind.File, "a,b,c.img", 0, true, "", RingSpec.Default), DiskSpec.Parse("a,b,c.img,ro"));

    [Fact]
    public void What_the_ring_offers_is_said_by_name_and_said_last_counts()
    {
        Assert.Equal(
            new RingSpec(VirtioFeatures.EventIndex | VirtioFeatures.IndirectDescriptors | VirtioFeatures.RingReset | VirtioFeatures.InOrder, 1024),
            DiskSpec.Parse("a.img,packed=on,ro,packed=off,in-order=on,queue-size=1024").Ring);
        Assert.Equal(new RingSpec(VirtioFeatures.RingPacked, 300), DiskSpec.Parse("mem:1M,event-idx=off,indirect=off,queue-reset=off,queue-size=300").Ring);
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
    [InlineData("http://")]
    [InlineData("http:///x")]
    public void What_is_no_disk_is_refused_with_its_text(string text)
    {
        CommandException refusal = Assert.Throws<CommandException>(() => DiskSpec.Parse(text));
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
    [InlineData("3T", 3L << 40)]
    public void Sizes_are_read_as_people_write_them(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out long parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5G")]
    [InlineData("1X")]
    [InlineData("1 G")]
    [InlineData("1iB")]
    [InlineData("9999999999999999999")]
    [InlineData("8388608T")]
    public void What_is_no_size_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(512, "512 bytes")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(1L << 30, "1 GiB")]
    [InlineData(3L << 40, "3 TiB")]
    public void Sizes_are_written_as_people_read_them(long bytes, string text) => Assert.Equal(text, ByteSize.Format(bytes));
}
