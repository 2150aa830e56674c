using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// Tells another process of something through an eventfd or a pipe that it has sent. It is not trusted: one that is full, or that nobody reads any more, is told
/// nothing. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DescriptorNotifier : IDisposable
{
    private readonly SafeFileHandle _handle;

    /// <summary>Takes over a descriptor.</summary>
    public DescriptorNotifier(SafeFileHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        _handle = handle;
        DoNotBlock();
    }

    /// <summary>Adds one. Whoever has not read the one before is not told twice where there is no room.</summary>
    public void Notify()
    {
        ulong one = 1;
        try
        {
            while (DescriptorCalls.Write(_handle, in one, sizeof(ulong)) < 0 && Marshal.GetLastPInvokeError() == DescriptorCalls.Interrupted)
                continue;
        }
        catch (ObjectDisposedException)
        {
            // Replaced meanwhile.
        }
    }

    /// <summary>
    /// Ends a <see cref="Notify"/> that waits for room. The other process shares the descriptor's status: it may have made it wait again, and filled it.
    /// </summary>
    public void Unblock()
    {
        try
        {
            DoNotBlock();
            DescriptorMessages.TryRead(_handle, stackalloc byte[sizeof(ulong)]);
        }
        catch (ObjectDisposedException)
        {
            // Replaced meanwhile.
        }
    }

    private void DoNotBlock()
    {
        int status = DescriptorCalls.Control(_handle, DescriptorCalls.GetStatus, 0);
        if (status >= 0)
            DescriptorCalls.Control(_handle, DescriptorCalls.SetStatus, status | DescriptorCalls.NonBlocking);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
