namespace Virtio.Devices.Console;

/// <summary>
/// The messages of one port number that the driver has not been given yet. They are sent from the lowest bit to the highest.
/// </summary>
[Flags]
internal enum PendingMessages
{
    None = 0,
    Remove = 1 << 0,
    Add = 1 << 1,
    Console = 1 << 2,
    Name = 1 << 3,
    Resize = 1 << 4,
    Open = 1 << 5,
}
