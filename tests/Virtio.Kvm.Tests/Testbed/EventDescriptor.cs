using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Kvm.Tests.Testbed;

/// <summary>An eventfd that never blocks.</summary>
internal sealed partial class EventDescriptor : IDisposable
{
    // EFD_CLOEXEC, EFD_NONBLOCK.
    private const int Flags = 0x80800;

    internal EventDescriptor()
    {
        Handle = Create(0, Flags);
        Assert.False(Handle.IsInvalid);
    }

    internal SafeFileHandle Handle { get; }

    /// <summary>Signals it.</summary>
    internal void Set()
    {
        Span<byte> one = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(one, 1);
        Assert.Equal(8, Write(Handle, one, 8));
    }

    /// <summary>Returns how often it was signalled since the last call.</summary>
    internal ulong Take()
    {
        Span<byte> count = stackalloc byte[8];
        return Read(Handle, count, 8) == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(count) : 0;
    }

    public void Dispose() => Handle.Dispose();

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial SafeFileHandle Create(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(SafeFileHandle handle, Span<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(SafeFileHandle handle, ReadOnlySpan<byte> buffer, nuint count);
}
