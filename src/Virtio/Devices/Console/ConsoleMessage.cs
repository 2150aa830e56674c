using System.Buffers.Binary;
using System.Text;

namespace Virtio.Devices.Console;

/// <summary>
/// The bytes of a message on a control queue (virtio 1.4, 5.3.6.2): le32 port number, le16 event, le16 value, and for some events more.
/// </summary>
internal static class ConsoleMessage
{
    internal const int HeaderLength = 8;
    internal const int LongestBytes = HeaderLength + ConsolePortName.LongestBytes;

    private const int EventOffset = 4;
    private const int ValueOffset = 6;

    internal static (uint Number, ConsoleEvent What, bool Value) Decode(ReadOnlySpan<byte> header) => (
        BinaryPrimitives.ReadUInt32LittleEndian(header),
        (ConsoleEvent)BinaryPrimitives.ReadUInt16LittleEndian(header[EventOffset..]),
        BinaryPrimitives.ReadUInt16LittleEndian(header[ValueOffset..]) != 0);

    /// <summary>Encodes one message to the driver.</summary>
    /// <param name="message">Which one: a single flag.</param>
    /// <param name="number">The port's number.</param>
    /// <param name="port">The port; needed for its name and its size.</param>
    /// <param name="bytes">Where to; <see cref="LongestBytes"/> bytes.</param>
    /// <returns>The length.</returns>
    internal static int Encode(PendingMessages message, int number, ConsolePort? port, Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)number);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[EventOffset..], (ushort)EventOf(message));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[ValueOffset..], 1);
        Span<byte> rest = bytes[HeaderLength..];
        if (message == PendingMessages.Name)
            return HeaderLength + Encoding.UTF8.GetBytes(port!.Name, rest);
        if (message != PendingMessages.Resize)
            return HeaderLength;
        BinaryPrimitives.WriteUInt16LittleEndian(rest, port!.Columns);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[sizeof(ushort)..], port.Rows);
        return HeaderLength + (2 * sizeof(ushort));
    }

    private static ConsoleEvent EventOf(PendingMessages message) => message switch
    {
        PendingMessages.Remove => ConsoleEvent.PortRemove,
        PendingMessages.Add => ConsoleEvent.PortAdd,
        PendingMessages.Console => ConsoleEvent.ConsolePort,
        PendingMessages.Name => ConsoleEvent.PortName,
        PendingMessages.Resize => ConsoleEvent.Resize,
        _ => ConsoleEvent.PortOpen,
    };
}
