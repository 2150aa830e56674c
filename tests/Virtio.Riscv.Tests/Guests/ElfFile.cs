using System.Buffers.Binary;
using System.Text;

namespace Virtio.Riscv.Tests.Guests;

/// <summary>The parts of a 64-bit ELF file that a test needs: entry, segments and symbols.</summary>
internal sealed class ElfFile
{
    private readonly byte[] _bytes;

    public ElfFile(string path)
    {
        _bytes = File.ReadAllBytes(path);
        Symbols = ReadSymbols();
    }

    public ulong Entry => UInt64(24);

    public IReadOnlyDictionary<string, ulong> Symbols { get; }

    public void CopyTo(Action<ulong, byte[]> write)
    {
        const uint Loadable = 1;
        int table = (int)UInt64(32), count = UInt16(56);
        for (int header = table; header < table + (count * 56); header += 56)
        {
            if (UInt32(header) == Loadable)
                write(UInt64(header + 24), _bytes.AsSpan((int)UInt64(header + 8), (int)UInt64(header + 32)).ToArray());
        }
    }

    private Dictionary<string, ulong> ReadSymbols()
    {
        const uint SymbolTable = 2;
        Dictionary<string, ulong> symbols = [];
        int table = (int)UInt64(40), count = UInt16(60);
        for (int section = table; section < table + (count * 64); section += 64)
        {
            if (UInt32(section + 4) != SymbolTable)
                continue;
            int names = (int)UInt64(table + ((int)UInt32(section + 40) * 64) + 24);
            int first = (int)UInt64(section + 24), length = (int)UInt64(section + 32);
            for (int symbol = first; symbol < first + length; symbol += 24)
                symbols[Name(names + (int)UInt32(symbol))] = UInt64(symbol + 8);
        }

        return symbols;
    }

    private string Name(int offset) => Encoding.ASCII.GetString(_bytes.AsSpan(offset, _bytes.AsSpan(offset).IndexOf((byte)0)));

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset));

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset));
}
