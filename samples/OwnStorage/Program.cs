// A custom read-only storage, and a driver that reads it through a disk: dotnet run --project samples/OwnStorage
using System.Text;
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.Testing;

await using var bus = new TestBus(new BlockDevice(new NumberedSectors(), new BlockDeviceOptions { SerialNumber = "numbered" }));
var disk = new BlockDriver(bus.Driver().Start());
byte[] sector = new byte[512];
disk.Read(123_456, sector);
Console.WriteLine($"{disk.SectorCount} sectors, one of them: {Encoding.ASCII.GetString(sector).TrimEnd('.')}");

/// <summary>A disk of a terabyte whose sectors are generated: each contains its own number. A driver always reads whole sectors.</summary>
internal sealed class NumberedSectors : IBlockStorage
{
    public long Length => 1L << 40;

    public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        foreach (Memory<byte> buffer in buffers)
        {
            for (int i = 0; i < buffer.Length; i++, offset++)
                buffer.Span[i] = Character($"sector {offset / 512} ", (int)(offset % 512));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static byte Character(string text, int at) => at < text.Length ? (byte)text[at] : (byte)'.';
}
