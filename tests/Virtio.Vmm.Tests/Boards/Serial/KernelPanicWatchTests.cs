using System.Text;
using Virtio.Vmm.Boards.Serial;

namespace Virtio.Vmm.Tests.Boards.Serial;

public sealed class KernelPanicWatchTests
{
    [Fact]
    public void The_message_is_the_rest_of_the_line() => Assert.Equal(
        "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        Read(
            "[    0.5] Run /init\r\n[    0.6] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n"
            + "[    0.7] CPU: 0"));

    [Fact]
    public void Of_two_the_first_counts() => Assert.Equal(
        "Kernel panic - not syncing: first", Read("Kernel panic - not syncing: first\nKernel panic - not syncing: second\n"));

    [Theory]
    [InlineData("")]
    [InlineData("Kernel panic - not sync")]
    [InlineData("kernel panic - not syncing: x\n")]
    [InlineData("Kernel panic  - not syncing: x\n")]
    public void Other_words_are_no_panic(string text) => Assert.Null(Read(text));

    [Fact]
    public void A_beginning_that_begins_anew_is_seen() =>
        Assert.Equal("Kernel panic - not syncing: x", Read("KernelKernel panic -Kernel panic - not syncing: x\n"));

    [Fact]
    public void A_line_without_end_is_kept_only_so_far() =>
        Assert.InRange(Read("Kernel panic - not syncing: " + new string('x', 100_000))!.Length, 100, 1000);

    [Fact]
    public void Control_characters_do_not_reach_a_terminal() =>
        Assert.Equal("Kernel panic - not syncing: ?[2J", Read("Kernel panic - not syncing: \x1b[2J\n"));

    private static string? Read(string text)
    {
        var watch = new KernelPanicWatch();
        foreach (var value in Encoding.Latin1.GetBytes(text))
            watch.Observe(value);
        return watch.Message;
    }
}
