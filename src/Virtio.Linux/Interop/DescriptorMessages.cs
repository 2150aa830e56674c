using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Linux.Interop;

/// <summary>
/// Single system calls for bytes from and to descriptors, and for descriptors over a Unix socket. The caller reads errors from errno.
/// </summary>
internal static unsafe class DescriptorMessages
{
    /// <summary>The most descriptors in a message; the kernel closes any more.</summary>
    internal const int MaximumDescriptors = 32;

    private static readonly int HeaderSize = Unsafe.SizeOf<ControlHeader>();

    /// <summary>
    /// Receives what is there, at least one byte. The descriptors that came along are added to a list, and the caller owns them.
    /// </summary>
    /// <returns>The number of bytes, 0 at the end, negative for an error; and whether descriptors were lost.</returns>
    internal static (nint Count, bool Truncated) Receive(SafeHandle socket, Span<byte> bytes, List<SafeFileHandle> descriptors)
    {
        Span<byte> control = stackalloc byte[HeaderSize + (MaximumDescriptors * sizeof(int))];
        control.Clear();
        fixed (byte* data = bytes, room = control)
        {
            // SAFETY: both are pinned, and the call knows their lengths.
            var vector = new IoVector { Base = (nint)data, Length = (nuint)bytes.Length };
            var message = new SocketMessage
            {
                Vectors = (nint)(&vector),
                VectorCount = 1,
                Control = (nint)room,
                ControlLength = (nuint)control.Length,
            };
            nint count = SocketCalls.Receive(socket, ref message, SocketCalls.CloseOnExec);
            if (count >= 0)
                Take(control[..(int)message.ControlLength], descriptors);
            return (count, (message.Flags & SocketCalls.ControlTruncated) != 0);
        }
    }

    /// <summary>Sends as many bytes as fit, with the descriptors.</summary>
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
            var header = new ControlHeader { Length = (nuint)length, Level = SocketCalls.SocketLevel, Type = SocketCalls.Rights };
            MemoryMarshal.Write(control, header);
            return SendWith(socket, bytes, control[..((length + sizeof(long) - 1) & -sizeof(long))], flags);
        }
        finally
        {
            foreach (SafeFileHandle descriptor in descriptors[..held])
                descriptor.DangerousRelease();
        }
    }

    /// <summary>Reads what is there from an eventfd, a pipe or a socket. Does not wait, even where the descriptor is blocking.</summary>
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
            var message = new SocketMessage
            {
                Vectors = (nint)(&vector),
                VectorCount = 1,
                Control = (nint)room,
                ControlLength = (nuint)control.Length,
            };
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
