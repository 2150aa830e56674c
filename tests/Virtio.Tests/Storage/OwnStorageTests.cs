using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class OwnStorageTests
{
    /// <summary>A complete read-only storage as a user would write it: every byte is the low byte of its position.</summary>
    private sealed class CountingStorage(long length) : IBlockStorage
    {
        public long Length => length;

        public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
        {
            foreach (Memory<byte> buffer in buffers)
                foreach (ref byte b in buffer.Span)
                    b = (byte)offset++;
            return default;
        }

        public ValueTask DisposeAsync() => default;
    }

    [Fact]
    public async Task A_read_only_storage_of_ones_own_takes_a_few_lines()
    {
        await using CountingStorage storage = new(1L << 40);
        Assert.Equal([254, 255, 0, 1], await storage.ReadBytes((1L << 30) + 254, 4));
    }
}
