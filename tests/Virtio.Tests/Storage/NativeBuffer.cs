using System.Buffers;
using System.Runtime.InteropServices;

namespace Virtio.Tests.Storage;

/// <summary>Unmanaged memory behind a MemoryManager, like a guest's memory.</summary>
internal sealed unsafe class NativeBuffer : MemoryManager<byte>
{
    private readonly int _length;
    private byte* _pointer;

    public NativeBuffer(int length)
    {
        _length = length;
        _pointer = (byte*)NativeMemory.AllocZeroed((nuint)length);
    }

    public override Span<byte> GetSpan() => new(_pointer, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_pointer + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_pointer);
        _pointer = null;
    }
}
