using Virtio.Devices.Console;
using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>
/// The buffers for a console's input: an arbitrary chain. The bytes written to it are removed from the input buffer, and no others are.
/// </summary>
internal sealed class ConsoleInputTarget : IFuzzTarget
{
    private readonly GuestRam _ram = new();
    private readonly byte[] _typed = new byte[0x1000];
    private readonly ConsoleInput _input = new(stream: null, () => { }, e => throw new FindingException(e.Message));

    public string Name => "console-in";

    public string Summary => "the buffers for a console's input";

    public void Run(ReadOnlySpan<byte> bytes)
    {
        var input = new FuzzInput(bytes);
        _ram.Reset();
        var queue = new OneQueue(_ram, packed: (input.Byte() & 1) != 0);
        int typed = _input.Buffer.Write(_typed.AsSpan(0, input.UInt16() % _typed.Length));
        queue.OfferAny(ref input, readable: 32);
        bool isMissing = _input.Deliver(queue.Queue);
        int left = _input.Buffer.Count;
        uint used = queue.TakeUsed() ?? 0;

        // If the chain overlaps the ring, the input itself may break the ring; then none of it counts as delivered.
        Check.That(queue.Queue.IsBroken ? left == typed : used == typed - left);
        Check.That(queue.Queue.IsBroken || isMissing == (left > 0));
        Check.That(queue.Queue.Outstanding == 0);
        _input.Buffer.Consume(left);
    }
}
