namespace Virtio.Fuzz.Targets;

/// <summary>
/// An in-flight record with arbitrary content, and a ring that is recovered from it: the queue continues, or the ring is broken.
/// </summary>
internal sealed class InflightTarget(bool packed) : IFuzzTarget
{
    private const int MaximumSteps = 256;

    private readonly GuestRam _ram = new();
    private readonly InflightMemory _record = new();

    public string Name => packed ? "inflight-packed" : "inflight-split";

    public string Summary => $"the record of what is in flight in a {(packed ? "packed" : "split")} ring, whose device dies now and then";

    public void Run(ReadOnlySpan<byte> bytes)
    {
        var input = new FuzzInput(bytes);
        _ram.Reset();
        _record.Clear();
        byte geometry = input.Byte();
        RingMemory memory = packed
            ? new PackedMemory(_ram, 1 + (geometry % RingMemory.MaximumSize))
            : new SplitMemory(_ram, 1 << (geometry % 6));
        VirtioFeatures order = (geometry & 0x80) != 0 ? VirtioFeatures.InOrder : 0;
        var device = new RingDevice(_ram, memory, VirtioFeatures.Version1 | VirtioFeatures.IndirectDescriptors | order, _record);
        for (int step = 0; step < MaximumSteps && !input.AtEnd; step++)
            Step(ref input, memory, device);
        device.AssertReset();
    }

    private void Step(ref FuzzInput input, RingMemory memory, RingDevice device)
    {
        byte operation = input.Byte();
        int parameter = operation >> 4;
        switch (operation & 0xf)
        {
            case 0 or 1 or 2:
                memory.Offer(ref input, parameter);
                break;
            case 3:
                memory.WriteDescriptor(ref input, parameter);
                break;
            case 4 or 5 or 6:
                _record.Write(ref input);
                break;
            case 7 or 8:
                device.Serve(parameter, input.Byte());
                break;
            case 9:
                device.Complete(parameter, input.Length());
                break;
            case 10:
                device.Publish();
                break;
            case 11 or 12 or 13:
                device.Die();
                break;
            case 14:
                device.Restart();
                break;
            default:
                device.Suspend();
                break;
        }
    }
}
