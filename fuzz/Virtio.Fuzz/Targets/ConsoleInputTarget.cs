using Virtio.Devices.Console;
using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>The room that the driver gives for a console's input: a chain of whatever shape. What went into it has left the buffer, and nothing else has.</summary>
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

        // Where the room lies on the ring, the input itself may break that; then nothing of it counts as delivered.
        Check.That(queue.Queue.IsBroken ? left == typed : used == typed - left);
        Check.That(queue.Queue.IsBroken || isMissing == (left > 0));
        Check.That(queue.Queue.Outstanding == 0);
        _input.Buffer.Consume(left);
    }
}
