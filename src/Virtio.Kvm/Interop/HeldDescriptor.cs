using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary>Keeps a descriptor open while its number is part of a structure.</summary>
internal readonly ref struct HeldDescriptor
{
    private readonly SafeHandle _handle;

    internal HeldDescriptor(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        bool added = false;
        handle.DangerousAddRef(ref added);
        _handle = handle;
    }

    internal int Number => (int)_handle.DangerousGetHandle();

    public void Dispose() => _handle.DangerousRelease();
}
