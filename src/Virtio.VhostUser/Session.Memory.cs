using Microsoft.Win32.SafeHandles;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>Guest memory, which may change while rings are served.</content>
internal sealed partial class Session
{
    private const int MaximumTable = 8;

    private bool HandleMemory(Message message, ref MessageReader reader, MessageWriter answer)
    {
        switch (message.Request)
        {
            case FrontendRequest.SetMemoryTable:
                SetMemoryTable(message, ref reader);
                return true;
            case FrontendRequest.GetMaximumMemorySlots:
                answer.WriteUInt64(MemoryTable.MaximumRegions);
                return true;
            case FrontendRequest.AddMemoryRegion:
                _ = reader.ReadUInt64();
                AddRegion(message, ref reader);
                return true;
            case FrontendRequest.RemoveMemoryRegion:
                _ = reader.ReadUInt64();
                RemoveRegion(ref reader);
                return true;
            default:
                return false;
        }
    }

    private void SetMemoryTable(Message message, ref MessageReader reader)
    {
        uint count = reader.ReadUInt32();
        _ = reader.ReadUInt32();
        if (count > MaximumTable)
            throw new ProtocolException($"a memory table has at most {MaximumTable} regions, and not {count}");
        MemoryTable table = MemoryTable.Empty;
        MemoryTable before = _table;
        try
        {
            for (int i = 0; i < count; i++)
                table = WithNext(table, message, ref reader);
            Replace(table);
        }
        catch (IOException)
        {
            MemoryTable.Unmap(table.Regions);
            throw;
        }

        MemoryTable.Unmap(before.Regions);
    }

    private void AddRegion(Message message, ref MessageReader reader)
    {
        MemoryTable before = _table;
        MemoryTable table = WithNext(before, message, ref reader);
        try
        {
            Replace(table);
        }
        catch (IOException)
        {
            MemoryTable.Unmap(table.Regions.Except(before.Regions));
            throw;
        }
    }

    private void RemoveRegion(ref MessageReader reader)
    {
        MemoryRange range = MemoryTable.ReadRange(ref reader);
        MemoryTable table = _table.Without(range, out MappedRegion? removed)
            ?? throw new ProtocolException($"there is no memory region {range}");
        Replace(table);
        MemoryTable.Unmap([removed!]);
    }

    private static MemoryTable WithNext(MemoryTable table, Message message, ref MessageReader reader)
    {
        MemoryRange range = MemoryTable.ReadRange(ref reader);
        ulong offset = reader.ReadUInt64();
        SafeFileHandle file = message.TakeDescriptor();
        MappedRegion region = MappedRegion.Map(range, offset, file);
        try
        {
            return table.With(region);
        }
        catch (ProtocolException)
        {
            MemoryTable.Unmap([region]);
            throw;
        }
    }

    /// <summary>Changes the guest's memory. Rings that are served are drained first and resume at their position.</summary>
    private void Replace(MemoryTable table)
    {
        StopAll();
        _table = table;
        _memory = table.IsEmpty ? null : table.ToGuestMemory();
    }
}
