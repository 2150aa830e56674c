using System.Text;
using Virtio.Cli.Consoles;

namespace Virtio.Cli.Tests.Consoles;

public class CommandKeysTests
{
    [Theory]
    [InlineData("plain text\r\n", "plain text\r\n", false)]
    [InlineData("a\u0001\u0001b", "a\u0001b", false)]
    [InlineData("a\u0001bc", "a\u0001bc", false)]
    [InlineData("\u0001\u0001\u0001\u0001", "\u0001\u0001", false)]
    [InlineData("\u0001\u0001x", "\u0001x", false)]
    [InlineData("a\u0001", "a", false)]
    [InlineData("ab\u0001xyz", "ab", true)]
    [InlineData("\u0001Xx", "\u0001Xx", false)]
    [InlineData("a\u0001hb\u0001\u0001h\u0001h", "ab\u0001h", false, 2)]
    [InlineData("\u0003\u001a\u001c", "\u0003\u001a\u001c", false)]
    public async Task Commands_are_taken_out_however_the_keys_arrive(string typed, string passed, bool ends, int lists = 0)
    {
        foreach (int piece in (int[])[1, 2, 3, 100])
        {
            int ended = 0;
            int listed = 0;
            var stream = new CommandKeyStream(new Pieces(Encoding.Latin1.GetBytes(typed), piece), () => ended++, () => listed++);
            var all = new MemoryStream();
            await stream.CopyToAsync(all, 3);

            Assert.Equal(passed, Encoding.Latin1.GetString(all.ToArray()));
            Assert.Equal(ends ? 1 : 0, ended);
            Assert.Equal(lists, listed);
        }
    }

    private sealed class Pieces(byte[] bytes, int length) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(length, buffer.Length)], cancellationToken);
    }
}
