using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// An eventfd: a counter in the kernel that processes and the kernel add to, and that one thread can wait for. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class EventDescriptor : IDisposable
{
    /// <summary>Makes an eventfd with the count 0.</summary>
    /// <exception cref="IOException">The process has too many descriptors open.</exception>
    public EventDescriptor()
    {
        Handle = DescriptorCalls.CreateEvent(0, DescriptorCalls.CloseOnExec);
        if (Handle.IsInvalid)
            throw new IOException($"no event descriptor: {new Win32Exception().Message}");
    }

    /// <summary>The descriptor, for system calls that add to the counter or read it. It belongs to this object.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Adds one to the counter, which wakes the waiting thread. Does nothing after disposal.</summary>
    /// <exception cref="IOException">The descriptor was closed by other code.</exception>
    public void Add()
    {
        ulong one = 1;
        while (true)
        {
            try
            {
                if (DescriptorCalls.Write(Handle, in one, sizeof(ulong)) >= 0)
                    return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            // The counter is at its maximum. The waiting thread is woken all the same.
            if (Marshal.GetLastPInvokeError() == DescriptorCalls.TryAgain)
                return;
            ThrowUnlessInterrupted();
        }
    }

    /// <summary>
    /// Makes <see cref="Add"/> never wait. Otherwise another process that has the eventfd could fill it and block this one.
    /// </summary>
    internal void DoNotBlock()
    {
        int status = DescriptorCalls.Control(Handle, DescriptorCalls.GetStatus, 0);
        if (status >= 0)
            DescriptorCalls.Control(Handle, DescriptorCalls.SetStatus, status | DescriptorCalls.NonBlocking);
    }

    /// <summary>Waits until the counter is not 0 and sets it to 0.</summary>
    /// <returns>The count before.</returns>
    /// <exception cref="IOException">The descriptor was closed by other code.</exception>
    /// <exception cref="ObjectDisposedException">The object was disposed.</exception>
    public ulong Take()
    {
        ulong count;
        while (DescriptorCalls.Read(Handle, out count, sizeof(ulong)) < 0)
            ThrowUnlessInterrupted();
        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private static void ThrowUnlessInterrupted()
    {
        if (Marshal.GetLastPInvokeError() != DescriptorCalls.Interrupted)
            throw new IOException($"an event descriptor failed: {new Win32Exception().Message}");
    }
}
