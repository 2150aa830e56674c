using System.Buffers.Binary;
using System.Text;
using Virtio.Devices.Console;
using Virtio.Testing;

namespace Virtio.Tests.Testbed;

/// <summary>The driver's side of the control queues of a console (virtio 1.4, 5.3.6.2).</summary>
internal sealed class ConsoleControlDriver(MmioDriver driver)
{
    internal const ulong Multiport = 1UL << 1;
    private const int ReceiveQueue = 2;
    private const int TransmitQueue = 3;
    private const int Room = 128;

    /// <summary>Sends a message.</summary>
    internal void Send(ConsoleEvent what, uint port = 0, ushort value = 1)
    {
        byte[] message = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(message, port);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), (ushort)what);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), value);
        SendBytes(message);
    }

    internal void SendBytes(byte[] message) => driver.Queue(TransmitQueue).Exchange(message, 0);

    /// <summary>Waits for a message and describes it: "PortName 1 1 name".</summary>
    internal string Receive()
    {
        byte[] message = driver.Queue(ReceiveQueue).Exchange([], Room);
        uint port = BinaryPrimitives.ReadUInt32LittleEndian(message);
        var what = (ConsoleEvent)BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(4));
        ushort value = BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(6));
        string rest = what == ConsoleEvent.Resize
            ? Convert.ToHexStringLower(message.AsSpan(8))
            : Encoding.UTF8.GetString(message.AsSpan(8));
        return $"{what} {port} {value} {rest}".TrimEnd();
    }

    /// <summary>Offers buffers for messages and asserts that the device uses none.</summary>
    internal void AssertSilent()
    {
        DriverQueue queue = driver.Queue(ReceiveQueue);
        queue.Offer(DriverBuffer.Writable(driver.Bus.Allocator.Allocate(Room), Room));
        long before = driver.Interrupt.Changes;
        queue.Kick();
        driver.Interrupt.WaitForChange(before, DriverExtensions.Silence);
        Assert.False(queue.TryCollect(out _));
    }

    /// <summary>Brings ports into use, as Linux does.</summary>
    internal void Open(params ReadOnlySpan<uint> ports)
    {
        Send(ConsoleEvent.DeviceReady);
        foreach (uint port in ports)
        {
            Assert.Equal($"PortAdd {port} 1", Receive());
            Send(ConsoleEvent.PortReady, port);
            while (!Receive().StartsWith("PortOpen", StringComparison.Ordinal))
            {
            }

            Send(ConsoleEvent.PortOpen, port);
        }
    }
}
