using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// Notifies another process through an eventfd or a pipe that it has sent. The other process is not trusted: where the descriptor is full
/// or has no reader, the notification is dropped. Thread-safe.
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

    /// <summary>
    /// Adds one to the counter, or writes one to the pipe. Where there is no room, the reader has an unread notification already.
    /// </summary>
    public void Notify()
    {
        ulong one = 1;
        try
        {
            while (DescriptorCalls.Write(_handle, in one, sizeof(ulong)) < 0
                && Marshal.GetLastPInvokeError() == DescriptorCalls.Interrupted)
                continue;
        }
        catch (ObjectDisposedException)
        {
            // The descriptor was replaced meanwhile.
        }
    }

    /// <summary>
    /// Ends a <see cref="Notify"/> that waits for room. The other process shares the descriptor's status: it can make it blocking again,
    /// and fill it.
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
            // The descriptor was replaced meanwhile.
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
