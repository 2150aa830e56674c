namespace Virtio.Fuzz.Targets;

/// <summary>
/// The memory of one ring, and operations on it. The input is a ring's geometry and features, then a mix of the driver's writes and of the
/// device's dequeues, completions, suspensions and resets.
/// </summary>
internal sealed class RingTarget(bool packed) : IFuzzTarget
{
    private const int MaximumSteps = 512;

    private readonly GuestRam _ram = new();

    public string Name => packed ? "ring-packed" : "ring-split";

    public string Summary =>
        $"a {(packed ? "packed" : "split")} ring's memory, tables included, in all features, while it is served, suspended and reset";

    public void Run(ReadOnlySpan<byte> bytes)
    {
        var input = new FuzzInput(bytes);
        _ram.Reset();
        byte geometry = input.Byte();
        byte features = input.Byte();
        RingMemory memory = packed
            ? new PackedMemory(_ram, 1 + (geometry % RingMemory.MaximumSize))
            : new SplitMemory(_ram, 1 << (geometry % 6));
        var device = new RingDevice(_ram, memory, VirtioFeatures.Version1
            | ((features & 1) != 0 ? VirtioFeatures.EventIndex : 0)
            | ((features & 2) != 0 ? VirtioFeatures.IndirectDescriptors : 0)
            | ((features & 4) != 0 ? VirtioFeatures.InOrder : 0));
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
            case 0 or 1:
                memory.Offer(ref input, parameter);
                break;
            case 2:
                memory.WriteDescriptor(ref input, parameter);
                break;
            case 3:
                memory.WriteAnywhere(ref input, parameter);
                break;
            case 4:
                WriteTable(ref input, parameter);
                break;
            case 5:
                memory.WriteWish(ref input);
                break;
            case 6 or 7 or 8:
                device.Serve(parameter, input.Byte());
                break;
            case 9:
                device.Complete(parameter, input.Length());
                break;
            case 10:
                device.Publish();
                break;
            case 11:
                device.RequestKicks((parameter & 1) != 0);
                break;
            case 12:
                device.Suspend();
                break;
            case 13:
                device.Restart();
                break;
            default:
                device.Serve(RingMemory.MaximumSize, 0);
                device.Publish();
                break;
        }
    }

    private void WriteTable(ref FuzzInput input, int entries)
    {
        for (int i = 0; i <= entries; i++)
        {
            _ram.Write(RingMemory.Table + (ulong)(i * 16), input.Address());
            _ram.Write(RingMemory.Table + (ulong)(i * 16) + 8, input.Length());
            byte flags = input.Byte();
            ushort first = packed ? input.Byte() : (ushort)(flags & 0x87);
            ushort second = packed ? (ushort)(flags & 0x87) : input.Byte();
            _ram.Write(RingMemory.Table + (ulong)(i * 16) + 12, first);
            _ram.Write(RingMemory.Table + (ulong)(i * 16) + 14, second);
        }
    }
}
