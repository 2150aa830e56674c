namespace Virtio.Fuzz.Targets;

/// <summary>A split ring.</summary>
internal sealed class SplitMemory(GuestRam ram, int size) : RingMemory(ram, size)
{
    private ushort _available; // the driver's index in the available ring
    private int _descriptor; // the next descriptor to write

    internal override VirtioFeatures Layout => VirtioFeatures.None;

    internal override void Clear()
    {
        base.Clear();
        _available = 0;
        _descriptor = 0;
    }

    internal override void Offer(ref FuzzInput input, int parameter)
    {
        // A chain of consecutive descriptors. Bit 7 of a descriptor's flags inverts its NEXT, bit 3 links another descriptor.
        int head = _descriptor;
        for (int i = parameter & 3; i >= 0; i--)
        {
            byte flags = input.Byte();
            int next = (flags & 8) != 0 ? input.Byte() : (_descriptor + 1) % Size;
            bool hasNext = i > 0 != ((flags & 0x80) != 0);
            WriteDescriptor(_descriptor, input.Address(), input.Length(), (ushort)((flags & 6) | (hasNext ? 1 : 0)), (ushort)next);
            _descriptor = (_descriptor + 1) % Size;
        }

        Ram.Write(DriverArea + 4 + ((ulong)(_available & (Size - 1)) * 2), (ushort)((parameter & 8) != 0 ? input.UInt16() : head));
        _available = unchecked((ushort)(_available + ((parameter & 4) != 0 ? input.UInt16() : 1)));
        Ram.Write(DriverArea + 2, _available);
    }

    internal override void WriteDescriptor(ref FuzzInput input, int slot) =>
        WriteDescriptor(slot % Size, input.Address(), input.Length(), input.UInt16(), input.UInt16());

    internal override void WriteWish(ref FuzzInput input)
    {
        Ram.Write(DriverArea, input.UInt16());
        Ram.Write(DriverArea + 4 + ((ulong)Size * 2), input.UInt16());
    }

    internal override void OfferValid(ulong address)
    {
        WriteDescriptor(Size - 1, address, 16, Write, 0);
        Ram.Write(DriverArea + 4, (ushort)(Size - 1));
        Ram.Write(DriverArea + 2, (ushort)1);
    }

    internal override bool IsValidUsed(uint length) =>
        Ram.Read<ushort>(DeviceArea + 2) == 1 && Ram.Read<ulong>(DeviceArea + 4) == ((uint)(Size - 1) | ((ulong)length << 32));

    // The driver owns the descriptor table and the available ring.
    internal override void PermitDevice() => Ram.Permit(DeviceArea, 4 + (Size * 8) + 2);

    private void WriteDescriptor(int slot, ulong address, uint length, ushort flags, ushort next)
    {
        ulong at = Descriptors + ((ulong)slot * DescriptorSize);
        Ram.Write(at, address);
        Ram.Write(at + 8, length | ((ulong)flags << 32) | ((ulong)next << 48));
    }
}
