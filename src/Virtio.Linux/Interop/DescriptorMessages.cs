using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Linux.Interop;

/// <summary>Bytes from and to descriptors, and descriptors with them over a Unix socket, as one system call each. Errors are the caller's to read from errno.</summary>
internal static unsafe class DescriptorMessages
{
    /// <summary>Descriptors that a message may carry; the kernel closes those beyond.</summary>
    internal const int MaximumDescriptors = 32;

    private static readonly int HeaderSize = Unsafe.SizeOf<ControlHeader>();

    /// <summary>Receives what is there, at least a byte; adds the descriptors that came with it, which belong to the caller.</summary>
    /// <returns>The number of bytes, 0 at the end, less than 0 for an error; and whether descriptors were lost.</returns>
    internal static (nint Count, bool Truncated) Receive(SafeHandle socket, Span<byte> bytes, List<SafeFileHandle> descriptors)
    {
        Span<byte> control = stackalloc byte[HeaderSize + (MaximumDescriptors * sizeof(int))];
        control.Clear();
        fixed (byte* data = bytes, room = control)
        {
            // SAFETY: both are pinned, and the call knows their lengths.
            var vector = new IoVector { Base = (nint)data, Length = (nuint)bytes.Length };
            var message = new SocketMessage { Vectors = (nint)(&vector), VectorCount = 1, Control = (nint)room, ControlLength = (nuint)control.Length };
            nint count = SocketCalls.Receive(socket, ref message, SocketCalls.CloseOnExec);
            if (count >= 0)
                Take(control[..(int)message.ControlLength], descriptors);
            return (count, (message.Flags & SocketCalls.ControlTruncated) != 0);
        }
    }

    /// <summary>Sends what fits, with descriptors if there are any.</summary>
    internal static nint Send(SafeHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<SafeFileHandle> descriptors, int flags)
    {
        if (descriptors.IsEmpty)
            return SendWith(socket, bytes, [], flags);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaximumDescriptors);
        Span<byte> control = stackalloc byte[HeaderSize + (MaximumDescriptors * sizeof(int))];
        control.Clear();
        int held = 0;
        try
        {
            Span<int> numbers = MemoryMarshal.Cast<byte, int>(control[HeaderSize..]);
            while (held < descriptors.Length)
            {
                bool isHeld = false;
                descriptors[held].DangerousAddRef(ref isHeld);
                numbers[held] = (int)descriptors[held].DangerousGetHandle();
                held++;
            }

            int length = HeaderSize + (descriptors.Length * sizeof(int));
            MemoryMarshal.Write(control, new ControlHeader { Length = (nuint)length, Level = SocketCalls.SocketLevel, Type = SocketCalls.Rights });
            return SendWith(socket, bytes, control[..((length + sizeof(long) - 1) & -sizeof(long))], flags);
        }
        finally
        {
            foreach (SafeFileHandle descriptor in descriptors[..held])
                descriptor.DangerousRelease();
        }
    }

    /// <summary>Reads what is there from an eventfd, a pipe or a socket, whether or not it is one that waits.</summary>
    internal static nint TryRead(SafeHandle source, Span<byte> bytes)
    {
        fixed (byte* data = bytes)
        {
            // SAFETY: pinned, and the call knows its length.
            var vector = new IoVector { Base = (nint)data, Length = (nuint)bytes.Length };
            return DescriptorCalls.ReadVectors(source, in vector, 1, -1, DescriptorCalls.DoNotWait);
        }
    }

    private static nint SendWith(SafeHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> control, int flags)
    {
        fixed (byte* data = bytes, room = control)
        {
            // SAFETY: both are pinned, and the call knows their lengths.
            var vector = new IoVector { Base = (nint)data, Length = (nuint)bytes.Length };
            var message = new SocketMessage { Vectors = (nint)(&vector), VectorCount = 1, Control = (nint)room, ControlLength = (nuint)control.Length };
            return SocketCalls.Send(socket, in message, flags | SocketCalls.NoSignal);
        }
    }

    private static void Take(ReadOnlySpan<byte> control, List<SafeFileHandle> descriptors)
    {
        while (control.Length >= HeaderSize)
        {
            ControlHeader header = MemoryMarshal.Read<ControlHeader>(control);
            int length = (int)Math.Min(header.Length, (nuint)control.Length);
            if (length < HeaderSize)
                return;
            if (header.Level == SocketCalls.SocketLevel && header.Type == SocketCalls.Rights)
            {
                foreach (int descriptor in MemoryMarshal.Cast<byte, int>(control[HeaderSize..length]))
                    descriptors.Add(new SafeFileHandle(descriptor, ownsHandle: true));
            }

            control = control[Math.Min((length + sizeof(long) - 1) & -sizeof(long), control.Length)..];
        }
    }
}
