using Virtio.Devices.Entropy;
using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>A request for random bytes: an arbitrary chain.</summary>
internal sealed class EntropyTarget : IFuzzTarget
{
    private const int MaximumBytes = 64 * 1024;

    private readonly GuestRam _ram = new();

    public string Name => "entropy";

    public string Summary => "the buffers of a request for random bytes";

    public void Run(ReadOnlySpan<byte> bytes)
    {
        var input = new FuzzInput(bytes);
        _ram.Reset();
        var queue = new OneQueue(_ram, packed: (input.Byte() & 1) != 0);
        queue.OfferAny(ref input, readable: 32);
        long expected = 0;
        if (queue.Queue.TryDequeue(out DescriptorChain chain))
        {
            expected = Math.Min(chain.Writer.Remaining, MaximumBytes);
            long readable = chain.Reader.Remaining;
            EntropyDevice.FillWithRandomBytes(chain);
            ChainChecks.Permit(_ram, chain, readable, expected);
        }

        Check.That(queue.TakeUsed() == expected);
        _ram.AssertUntouched();
    }
}
