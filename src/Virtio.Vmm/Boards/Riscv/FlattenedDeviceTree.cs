using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Virtio.Vmm.Boards.Riscv;

/// <summary>
/// Writes a flattened device tree (Devicetree Specification 0.4, chapter 5), version 17: header, memory
/// reservation block (empty), structure block, strings block. Not thread-safe.
/// </summary>
internal sealed class FlattenedDeviceTree
{
    private const uint Magic = 0xd00dfeed;
    private const uint Version = 17;
    private const uint LastCompatibleVersion = 16;
    private const uint BeginNodeToken = 1;
    private const uint EndNodeToken = 2;
    private const uint PropertyToken = 3;
    private const uint EndToken = 9;
    private const int HeaderSize = 40;
    private const int ReservationsSize = 16; // one entry, all zero: the terminator

    private readonly List<byte> _structure = [];
    private readonly List<byte> _strings = [];
    private readonly Dictionary<string, uint> _stringOffsets = [];

    /// <summary>Writes a node; its properties and then its children are written by <paramref name="content"/>.</summary>
    public FlattenedDeviceTree Node(string name, Action content)
    {
        WriteCell(BeginNodeToken);
        WriteText(_structure, name);
        Align();
        content();
        WriteCell(EndNodeToken);
        return this;
    }

    /// <summary>Writes an empty property, whose presence is its value.</summary>
    public void Flag(string name) => Bytes(name, []);

    /// <summary>Writes a string, or a list of strings.</summary>
    public void Text(string name, params ReadOnlySpan<string> values)
    {
        var list = new List<byte>();
        foreach (var value in values)
            WriteText(list, value);
        Bytes(name, CollectionsMarshal.AsSpan(list));
    }

    /// <summary>Writes a list of 32-bit cells.</summary>
    public void Cells(string name, params ReadOnlySpan<uint> cells)
    {
        BeginProperty(name, cells.Length * sizeof(uint));
        foreach (var cell in cells)
            WriteCell(cell);
    }

    /// <summary>Writes a list of 64-bit numbers, two cells each: addresses and sizes where both take two cells.</summary>
    public void Quads(string name, params ReadOnlySpan<ulong> values)
    {
        BeginProperty(name, values.Length * sizeof(ulong));
        foreach (var value in values)
        {
            WriteCell((uint)(value >> 32));
            WriteCell((uint)(value & uint.MaxValue));
        }
    }

    /// <summary>Writes a property's bytes as they are.</summary>
    public void Bytes(string name, ReadOnlySpan<byte> value)
    {
        BeginProperty(name, value.Length);
        _structure.AddRange(value);
        Align();
    }

    /// <summary>The complete tree in the form that a kernel reads.</summary>
    public byte[] ToArray()
    {
        var structureSize = _structure.Count + sizeof(uint);
        var structureOffset = HeaderSize + ReservationsSize;
        var stringsOffset = structureOffset + structureSize;
        var blob = new byte[stringsOffset + _strings.Count];
        ReadOnlySpan<uint> header =
        [
            Magic, (uint)blob.Length, (uint)structureOffset, (uint)stringsOffset, HeaderSize,
            Version, LastCompatibleVersion, 0, (uint)_strings.Count, (uint)structureSize,
        ];
        for (var i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan(i * sizeof(uint)), header[i]);

        _structure.CopyTo(blob, structureOffset);
        BinaryPrimitives.WriteUInt32BigEndian(blob.AsSpan(stringsOffset - sizeof(uint)), EndToken);
        _strings.CopyTo(blob, stringsOffset);
        return blob;
    }

    private static void WriteText(List<byte> target, string text)
    {
        target.AddRange(Encoding.UTF8.GetBytes(text));
        target.Add(0);
    }

    private void BeginProperty(string name, int length)
    {
        WriteCell(PropertyToken);
        WriteCell((uint)length);
        if (!_stringOffsets.TryGetValue(name, out var offset))
        {
            offset = (uint)_strings.Count;
            _stringOffsets.Add(name, offset);
            WriteText(_strings, name);
        }

        WriteCell(offset);
    }

    private void WriteCell(uint cell)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, cell);
        _structure.AddRange(bytes);
    }

    private void Align()
    {
        while (_structure.Count % sizeof(uint) != 0)
            _structure.Add(0);
    }
}
