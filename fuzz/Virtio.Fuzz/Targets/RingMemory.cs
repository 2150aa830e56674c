using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>The memory of a ring, and a driver's changes to it.</summary>
internal abstract class RingMemory(GuestRam ram, int size)
{
    internal const int MaximumSize = 32;
    internal const ulong Descriptors = GuestRam.Start;
    internal const ulong DriverArea = GuestRam.Start + 0x400;
    internal const ulong DeviceArea = GuestRam.Start + 0x800;
    internal const ulong Table = GuestRam.Start + 0x1000;
    internal const int DescriptorSize = 16;

    protected const ushort Write = 2;

    protected GuestRam Ram => ram;

    internal int Size => size;

    internal abstract VirtioFeatures Layout { get; }

    internal QueueConfig Config(VirtioFeatures features, QueueState state) => new()
    {
        Size = (uint)size,
        DescriptorArea = Descriptors,
        DriverArea = DriverArea,
        DeviceArea = DeviceArea,
        Features = features | Layout,
        State = state,
    };

    /// <summary>Clears the ring, as a driver that starts does.</summary>
    internal virtual void Clear()
    {
        ram.Clear(Descriptors, size * DescriptorSize);
        ram.Clear(DriverArea, 0x100);
        ram.Clear(DeviceArea, 0x200);
    }

    /// <summary>Makes a chain available, correctly or not.</summary>
    internal abstract void Offer(ref FuzzInput input, int parameter);

    /// <summary>Writes a descriptor without making it available.</summary>
    internal abstract void WriteDescriptor(ref FuzzInput input, int slot);

    /// <summary>Writes the driver's event suppression fields.</summary>
    internal abstract void WriteWish(ref FuzzInput input);

    /// <summary>Makes a valid chain of 16 writable bytes available.</summary>
    internal abstract void OfferValid(ulong address);

    /// <summary>Whether the valid chain is used with that length.</summary>
    internal abstract bool IsValidUsed(uint length);

    /// <summary>The parts that the device may write at any time.</summary>
    internal abstract void PermitDevice();

    internal void WriteAnywhere(ref FuzzInput input, int length)
    {
        ushort offset = input.UInt16();
        ulong area = (offset >> 12) switch
        {
            0 or 1 or 2 or 3 => Descriptors,
            4 or 5 or 6 => DriverArea,
            7 => DeviceArea,
            _ => Table,
        };
        PermitDevice();
        ram.Write(area + (offset & 0x1ffu), input.Bytes(length + 1));
    }
}
