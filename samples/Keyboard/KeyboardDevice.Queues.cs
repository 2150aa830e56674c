using System.Collections.Concurrent;
using Virtio.Queues;

namespace Keyboard;

/// <content>The work of its two workers.</content>
internal sealed partial class KeyboardDevice
{
    private readonly ConcurrentQueue<InputEvent> _pending = new();
    private int _lights;

    /// <summary>Bit 0 is Num Lock, bit 1 Caps Lock, bit 2 Scroll Lock. Thread-safe.</summary>
    public int Lights => Volatile.Read(ref _lights);

    /// <summary>Sends an event. An event without a driver to take it is kept, up to a limit. Thread-safe.</summary>
    public void Send(InputEvent input)
    {
        if (_pending.Count < 256)
            _pending.Enqueue(input);
        _events?.Wake();
    }

    // The pump of the event queue, whose chains are room for data from the host. The worker publishes what it completes.
    private bool Deliver(Virtqueue queue)
    {
        Span<byte> bytes = stackalloc byte[InputEvent.Length];
        while (_pending.TryPeek(out InputEvent next))
        {
            if (!queue.TryDequeue(out DescriptorChain chain))
                return true; // Data is left and a chain is missing: the driver's next kick calls this again.
            _pending.TryDequeue(out _);
            next.CopyTo(bytes);
            chain.Writer.TryWrite(bytes);
            chain.Complete();
        }

        return false;
    }

    // The handler of the status queue, whose chains are requests of the driver.
    private void SwitchLight(DescriptorChain chain)
    {
        Span<byte> bytes = stackalloc byte[InputEvent.Length];
        if (chain.Reader.TryRead(bytes) && InputEvent.From(bytes) is { Type: InputEvent.LightType, Code: < 3 } light)
            Volatile.Write(ref _lights, light.Value == 0 ? _lights & ~(1 << light.Code) : _lights | (1 << light.Code));
        chain.Complete();
    }
}
