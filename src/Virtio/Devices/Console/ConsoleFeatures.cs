namespace Virtio.Devices.Console;

/// <summary>Feature bits of the console (virtio 1.4, 5.3.3).</summary>
[Flags]
internal enum ConsoleFeatures : ulong
{
    /// <summary>The configuration space has the size of the terminal.</summary>
    Size = 1UL << 0,

    /// <summary>The device has control queues, and may have several ports.</summary>
    Multiport = 1UL << 1,

    /// <summary>The driver may write a character to the configuration space, at any time.</summary>
    EmergencyWrite = 1UL << 2,
}
