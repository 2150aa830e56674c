using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Virtio.Devices;

namespace Virtio.Testing;

/// <summary>
/// Drives the first port of a console device (virtio 1.4, 5.3). If the driver accepted VIRTIO_CONSOLE_F_MULTIPORT, the constructor opens
/// that port, once for each start.
/// </summary>
public sealed class ConsoleDriver
{
    private const int ReceiveQueue = 0;
    private const int TransmitQueue = 1;
    private const int ControlReceiveQueue = 2;
    private const int ControlTransmitQueue = 3;
    private const ulong Multiport = 1UL << 1;
    private const int MessageRoom = 128;
    private const ushort DeviceReady = 0;
    private const ushort PortAdd = 1;
    private const ushort PortReady = 3;
    private const ushort PortOpen = 6;

    // Control queues over which the port was opened. Each start of a driver makes new ones.
    private static readonly ConditionalWeakTable<DriverQueue, object> Opened = [];

    private readonly MmioDriver _driver;

    /// <summary>Opens the first port, if the driver negotiated several ports.</summary>
    /// <param name="driver">A started driver of such a device.</param>
    /// <exception cref="ArgumentException">The device is of another type.</exception>
    /// <exception cref="InvalidOperationException">The device's first message does not announce its first port.</exception>
    public ConsoleDriver(MmioDriver driver)
    {
        _driver = MmioDriver.OfType(driver, DeviceId.Console);
        if ((driver.Features & Multiport) != 0 && Opened.TryAdd(driver.Queue(ControlTransmitQueue), driver))
            OpenFirstPort();
    }

    /// <summary>Writes to the console; returns when the device has completed the request.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => _driver.Queue(TransmitQueue).Exchange(bytes, 0);

    /// <summary>Waits for input.</summary>
    /// <param name="room">Maximum number of bytes.</param>
    /// <returns>The input, at least 1 byte.</returns>
    public byte[] Read(int room) => _driver.Queue(ReceiveQueue).Exchange([], room);

    private void OpenFirstPort()
    {
        Send(DeviceReady);
        byte[] answer = _driver.Queue(ControlReceiveQueue).Exchange([], MessageRoom);
        if (!answer.AsSpan().SequenceEqual(Message(PortAdd)))
            throw new InvalidOperationException(
                $"the device's first message is {Convert.ToHexStringLower(answer)}, not PORT_ADD for port 0");
        Send(PortReady);
        Send(PortOpen);
    }

    private void Send(ushort what) => _driver.Queue(ControlTransmitQueue).Exchange(Message(what), 0);

    // le32 port 0, le16 event, le16 value 1.
    private static byte[] Message(ushort what)
    {
        byte[] message = new byte[8];
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), what);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), 1);
        return message;
    }
}
