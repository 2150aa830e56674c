namespace Virtio.Fuzz.Targets;

/// <summary>A packed ring.</summary>
internal sealed class PackedMemory(GuestRam ram, int size) : RingMemory(ram, size)
{
    private const ushort Available = 1 << 7;
    private const ushort Used = 1 << 15;

    private int _slot; // the next descriptor to make available
    private bool _wrap = true; // the driver's wrap counter

    internal override VirtioFeatures Layout => VirtioFeatures.RingPacked;

    internal override void Clear()
    {
        base.Clear();
        (_slot, _wrap) = (0, true);
    }

    internal override void Offer(ref FuzzInput input, int parameter)
    {
        // Flags that are not taken from the input are those of a correct driver; bits 3 and 7 of its byte invert them.
        for (int i = parameter & 3; i >= 0; i--)
        {
            byte flags = input.Byte();
            bool wrap = _wrap ^ ((flags & 8) != 0);
            ushort next = (ushort)(i > 0 != ((flags & 0x80) != 0) ? 1 : 0);
            WriteDescriptor(_slot, input.Address(), input.Length(), input.Byte(), (ushort)((flags & 6) | next | (wrap ? Available : Used)));
            Step();
        }
    }

    internal override void WriteDescriptor(ref FuzzInput input, int slot) =>
        WriteDescriptor((_slot + slot) % Size, input.Address(), input.Length(), input.UInt16(), input.UInt16());

    internal override void WriteWish(ref FuzzInput input) => Ram.Write(DriverArea, input.UInt32());

    internal override void OfferValid(ulong address) => WriteDescriptor(0, address, 16, 7, Write | Available);

    internal override bool IsValidUsed(uint length) =>
        Ram.Read<ulong>(Descriptors + 8) == (length | (7UL << 32) | ((ulong)((length > 0 ? Write : 0) | Available | Used) << 48));

    // The driver owns a descriptor's address and its event suppression area.
    internal override void PermitDevice()
    {
        for (int slot = 0; slot < Size; slot++)
            Ram.Permit(Descriptors + ((ulong)slot * DescriptorSize) + 8, 8);
        Ram.Permit(DeviceArea, 4);
    }

    private void WriteDescriptor(int slot, ulong address, uint length, ushort id, ushort flags)
    {
        ulong at = Descriptors + ((ulong)slot * DescriptorSize);
        Ram.Write(at, address);
        Ram.Write(at + 8, length | ((ulong)id << 32) | ((ulong)flags << 48));
    }

    private void Step()
    {
        if (++_slot < Size)
            return;
        _slot = 0;
        _wrap = !_wrap;
    }
}
