using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>An eventfd: a counter in the kernel that this process and the kernel itself add to, and that one thread can wait for. Thread-safe.</summary>
[SupportedOSPlatform("linux")]
public sealed class EventDescriptor : IDisposable
{
    /// <summary>Makes one with the count 0.</summary>
    /// <exception cref="IOException">The process has too many descriptors open.</exception>
    public EventDescriptor()
    {
        Handle = DescriptorCalls.CreateEvent(0, DescriptorCalls.CloseOnExec);
        if (Handle.IsInvalid)
            throw new IOException($"No event descriptor: {new Win32Exception().Message}");
    }

    /// <summary>The descriptor, for system calls that add to the counter or read it. It belongs to this object.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Adds one to the counter; wakes who waits. Does nothing after disposal.</summary>
    /// <exception cref="IOException">The descriptor is no longer what it was.</exception>
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

            // There is no room for one more: whoever waits is woken all the same.
            if (Marshal.GetLastPInvokeError() == DescriptorCalls.TryAgain)
                return;
            ThrowUnlessInterrupted();
        }
    }

    /// <summary>From now on <see cref="Add"/> never waits for room, which another process may leave none of.</summary>
    internal void DoNotBlock()
    {
        int status = DescriptorCalls.Control(Handle, DescriptorCalls.GetStatus, 0);
        if (status >= 0)
            DescriptorCalls.Control(Handle, DescriptorCalls.SetStatus, status | DescriptorCalls.NonBlocking);
    }

    /// <summary>Waits until the counter is not 0 and sets it to 0.</summary>
    /// <returns>What it was.</returns>
    /// <exception cref="IOException">The descriptor is no longer what it was.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
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
            throw new IOException($"An event descriptor failed: {new Win32Exception().Message}");
    }
}
