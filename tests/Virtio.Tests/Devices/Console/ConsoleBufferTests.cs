using Virtio.Devices.Console;

namespace Virtio.Tests.Devices.Console;

public class ConsoleBufferTests
{
    [Fact]
    public void Bytes_come_out_in_order_over_the_end_of_the_array()
    {
        var buffer = new ConsoleBuffer(7);
        var random = new Random(1);
        byte written = 0, read = 0;
        for (int round = 0; round < 10_000; round++)
        {
            byte[] piece = [.. Enumerable.Range(0, random.Next(9)).Select(i => unchecked((byte)(written + i)))];
            int taken = buffer.Write(piece);
            Assert.Equal(Math.Min(piece.Length, 7 - (byte)(written - read)), taken);
            written += (byte)taken;

            byte[] copy = new byte[9];
            int skip = random.Next(buffer.Count + 1);
            Assert.Equal(buffer.Count - skip, buffer.CopyTo(skip, copy));
            for (int i = 0; i < buffer.Count - skip; i++)
                Assert.Equal(unchecked((byte)(read + skip + i)), copy[i]);

            ReadOnlyMemory<byte> pending = buffer.Pending;
            int count = random.Next(pending.Length + 1);
            for (int i = 0; i < count; i++)
                Assert.Equal(read++, pending.Span[i]);
            buffer.Consume(count);
        }
    }

    [Fact]
    public void Room_and_commit_add_bytes()
    {
        var buffer = new ConsoleBuffer(4);
        buffer.Write([1, 2, 3]);
        buffer.Consume(2);

        Assert.Equal(1, buffer.Room.Length);
        buffer.Room.Span[0] = 4;
        buffer.Commit(1);
        Assert.Equal(2, buffer.Room.Length);

        byte[] all = new byte[4];
        Assert.Equal(2, buffer.CopyTo(0, all));
        Assert.Equal([3, 4, 0, 0], all);
    }

    [Fact]
    public async Task Waiting_for_room_ends_with_room_or_when_stopped_or_discarding()
    {
        var buffer = new ConsoleBuffer(1);
        buffer.Write([1]);
        Task<bool> room = Task.Run(() => buffer.WaitForRoom(() => false, CancellationToken.None));
        buffer.Consume(1);
        Assert.True(await room.WaitAsync(TimeSpan.FromSeconds(30)));

        buffer.Write([1]);
        using var stop = new CancellationTokenSource();
        Task<bool> stopped = Task.Run(() => buffer.WaitForRoom(() => false, stop.Token));
        await stop.CancelAsync();
        Assert.False(await stopped.WaitAsync(TimeSpan.FromSeconds(30)));

        Task<bool> discarding = Task.Run(() => buffer.WaitForRoom(() => false, CancellationToken.None));
        buffer.Discard();
        await discarding.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(3, buffer.Write([1, 2, 3]));
        Assert.Equal(0, buffer.Count);
    }

    [Fact]
    public async Task A_signal_is_never_lost()
    {
        var signal = new AsyncSignal();
        int given = 0, seen = 0;
        const int Rounds = 100_000;
        Task waiter = Task.Run(async () =>
        {
            while (seen < Rounds)
            {
                seen = Volatile.Read(ref given);
                if (seen < Rounds)
                    await signal.WaitAsync();
            }
        });
        for (int i = 0; i < Rounds; i++)
        {
            Volatile.Write(ref given, i + 1);
            signal.Set();
        }

        await waiter.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(Rounds, seen);
    }
}
