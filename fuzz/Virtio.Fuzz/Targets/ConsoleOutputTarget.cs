using Virtio.Devices.Console;
using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>The driver's output to the console: an arbitrary chain, whose readable bytes come out unchanged.</summary>
internal sealed class ConsoleOutputTarget : IFuzzTarget
{
    private readonly GuestRam _ram = new();
    private readonly MemoryStream _written = new();
    private readonly ConsoleOutput _output;

    internal ConsoleOutputTarget() => _output = new ConsoleOutput(_written, e => throw new FindingException(e.Message));

    public string Name => "console-out";

    public string Summary => "the buffers of a console's output";

    public void Run(ReadOnlySpan<byte> bytes)
    {
        var input = new FuzzInput(bytes);
        _ram.Reset();
        _written.SetLength(0);
        var queue = new OneQueue(_ram, packed: (input.Byte() & 1) != 0);
        queue.OfferAny(ref input, readable: 224);
        var expected = new MemoryStream();
        if (queue.Queue.TryDequeue(out DescriptorChain chain))
        {
            for (int i = 0; expected.Length < chain.Reader.Remaining; i++)
                expected.Write(chain.Piece(i));
            _output.Take(chain, queue.Queue.Stopping);
        }

        Check.That(queue.TakeUsed() == 0u);
        _output.FlushAsync(CancellationToken.None).Wait();
        ReadOnlySpan<byte> written = _written.GetBuffer().AsSpan(0, (int)_written.Length);
        Check.That(written.SequenceEqual(expected.GetBuffer().AsSpan(0, (int)expected.Length)));
        _ram.AssertUntouched();
    }
}
