namespace Virtio.Devices.Console;

/// <summary>What a message on a control queue says (virtio 1.4, 5.3.6.2).</summary>
internal enum ConsoleEvent : ushort
{
    /// <summary>From the driver: it can take messages (value 1), or it could not start (0).</summary>
    DeviceReady = 0,

    /// <summary>To the driver: there is a new port.</summary>
    PortAdd = 1,

    /// <summary>To the driver: the port is gone.</summary>
    PortRemove = 2,

    /// <summary>From the driver: the port can be used (value 1), or it could not be added (0).</summary>
    PortReady = 3,

    /// <summary>To the driver: the port is a console.</summary>
    ConsolePort = 4,

    /// <summary>To the driver: the size of the console's terminal; two 16-bit numbers follow.</summary>
    Resize = 5,

    /// <summary>Either way: a program has opened (value 1) or closed (0) the sender's end of the port.</summary>
    PortOpen = 6,

    /// <summary>To the driver: the port's name, which follows.</summary>
    PortName = 7,
}
