using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>The driver's side of a ring into which a back-end may write anything.</summary>
[SupportedOSPlatform("linux")]
public sealed class RelayRingTests : IDisposable
{
    private const int Size = 8;

    private readonly GuestMemory _guest = SharedGuestMemory.Allocate((0UL, 0x10000UL));
    private readonly RelayMemory _memory;

    public RelayRingTests() => _memory = new RelayMemory(_guest, 2, Size);

    public void Dispose()
    {
        _memory.Dispose();
        _guest.Dispose();
    }

    [Theory]
    [InlineData(true, 3, 8)]
    [InlineData(false, 3, 2)]
    [InlineData(false, 1, 8)]
    public void Requests_have_room_until_the_ring_is_full_and_again_when_they_are_used_in_any_order(bool hasTables, int pieces, int room)
    {
        RelayRing ring = _memory.RingOf(1, hasTables);
        var random = new Random(3);
        var offered = new List<int>();
        for (int round = 0; round < 20000; round++)
        {
            while (ring.TryOffer(Pieces(pieces), out int head))
            {
                Assert.DoesNotContain(head, offered);
                offered.Add(head);
            }

            Assert.Equal(room, offered.Count);
            for (int count = 1 + random.Next(room); count > 0; count--)
            {
                int which = random.Next(offered.Count);
                Use(1, (uint)offered[which], 7);
                Assert.True(ring.TryTake(out int used, out uint written));
                Assert.Equal((offered[which], 7u), (used, written));
                offered.RemoveAt(which);
            }

            Assert.False(ring.TryTake(out _, out _));
        }
    }

    [Fact]
    public void A_ring_in_the_place_of_another_begins_anew()
    {
        RelayRing before = _memory.RingOf(0, hasTables: true);
        Assert.True(before.TryOffer(Pieces(2), out int head));
        Use(0, (uint)head, 0);
        RelayRing ring = _memory.RingOf(0, hasTables: true);
        Assert.False(ring.TryTake(out _, out _));
        Assert.True(ring.TryOffer(Pieces(2), out head));
        Use(0, (uint)head, 5);
        Assert.True(ring.TryTake(out _, out uint written));
        Assert.Equal(5u, written);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Size)]
    [InlineData(uint.MaxValue)]
    public void A_used_entry_that_names_no_request_is_not_believed(uint id)
    {
        RelayRing ring = _memory.RingOf(0, hasTables: true);
        Assert.True(ring.TryOffer(Pieces(3), out int head));
        Assert.Equal(0, head);
        Use(0, id, 0);
        Assert.Throws<ProtocolException>(() => ring.TryTake(out _, out _));
    }

    [Fact]
    public void A_request_that_is_used_twice_is_not_believed_the_second_time()
    {
        RelayRing ring = _memory.RingOf(0, hasTables: true);
        Assert.True(ring.TryOffer(Pieces(3), out int head));
        Assert.True(ring.TryOffer(Pieces(3), out _));
        Use(0, (uint)head, 0);
        Assert.True(ring.TryTake(out _, out _));
        Use(0, (uint)head, 0);
        Assert.Throws<ProtocolException>(() => ring.TryTake(out _, out _));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0x8000)]
    [InlineData(0xffff)]
    public void A_used_index_beyond_what_was_offered_is_not_believed(int index)
    {
        RelayRing ring = _memory.RingOf(0, hasTables: true);
        Assert.True(ring.TryOffer(Pieces(3), out _));
        Assert.True(ring.TryOffer(Pieces(1), out _));
        Write(0, 2, BitConverter.GetBytes((ushort)index));
        Assert.Throws<ProtocolException>(() => ring.TryTake(out _, out _));
    }

    [Fact]
    public void More_pieces_than_a_table_has_room_for_are_no_request()
    {
        RelayRing ring = _memory.RingOf(0, hasTables: true);
        Assert.False(ring.TryOffer(Pieces(1025), out _));
        Assert.True(ring.TryOffer(Pieces(1024), out _));
    }

    private static RelayPiece[] Pieces(int count) => [.. Enumerable.Range(0, count).Select(i => new RelayPiece((ulong)i * 16, 16, i > 0))];

    // Writes a used entry and the used index, as a back-end does.
    private void Use(int queue, uint id, uint written)
    {
        byte[] index = new byte[2];
        Assert.True(_memory.Access.TryRead(Address(queue) + 2, index));
        ushort used = BitConverter.ToUInt16(index);
        Write(queue, 4 + (used % Size * 8), [.. BitConverter.GetBytes(id), .. BitConverter.GetBytes(written)]);
        Write(queue, 2, BitConverter.GetBytes(unchecked((ushort)(used + 1))));
    }

    private void Write(int queue, int offset, byte[] bytes) => Assert.True(_memory.Access.TryWrite(Address(queue) + (ulong)offset, bytes));

    private ulong Address(int queue) =>
        _memory.Region.Address + (_memory.Region.Length / 2 * (ulong)queue) + RelayMemory.PlacesOf(Size).Device;
}
