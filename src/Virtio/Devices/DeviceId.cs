namespace Virtio.Devices;

/// <summary>Device types (virtio 1.4, 5). A device outside of the standard may use any other number.</summary>
public enum DeviceId
{
    /// <summary>No device: an empty slot.</summary>
    Invalid = 0,

    /// <summary>Network device.</summary>
    Network = 1,

    /// <summary>Block device.</summary>
    Block = 2,

    /// <summary>Console.</summary>
    Console = 3,

    /// <summary>Entropy source.</summary>
    Entropy = 4,

    /// <summary>Memory balloon, the traditional one.</summary>
    Balloon = 5,

    /// <summary>I/O memory.</summary>
    IoMemory = 6,

    /// <summary>Remote processor messaging (rpmsg).</summary>
    RemoteProcessorMessaging = 7,

    /// <summary>SCSI host.</summary>
    Scsi = 8,

    /// <summary>9P transport.</summary>
    NineP = 9,

    /// <summary>Wireless network of Linux's mac80211.</summary>
    Mac80211Wlan = 10,

    /// <summary>Serial link of a remote processor (rproc serial).</summary>
    RemoteProcessorSerial = 11,

    /// <summary>Communication CPU to application CPU interface (CAIF).</summary>
    Caif = 12,

    /// <summary>Memory balloon, the second design.</summary>
    MemoryBalloon = 13,

    /// <summary>GPU.</summary>
    Gpu = 16,

    /// <summary>Real-time clock.</summary>
    RealTimeClock = 17,

    /// <summary>Input device: keyboard, mouse, tablet.</summary>
    Input = 18,

    /// <summary>Socket device (vsock).</summary>
    Socket = 19,

    /// <summary>Crypto device.</summary>
    Crypto = 20,

    /// <summary>Signal distribution module.</summary>
    SignalDistribution = 21,

    /// <summary>Persistent store (pstore).</summary>
    PersistentStore = 22,

    /// <summary>IOMMU.</summary>
    Iommu = 23,

    /// <summary>Memory device.</summary>
    Memory = 24,

    /// <summary>Sound device.</summary>
    Sound = 25,

    /// <summary>File system.</summary>
    FileSystem = 26,

    /// <summary>Persistent memory (pmem).</summary>
    PersistentMemory = 27,

    /// <summary>Replay protected memory block (RPMB).</summary>
    ReplayProtectedMemoryBlock = 28,

    /// <summary>Simulated wireless network of Linux's mac80211 (hwsim).</summary>
    Mac80211Simulation = 29,

    /// <summary>Video encoder.</summary>
    VideoEncoder = 30,

    /// <summary>Video decoder.</summary>
    VideoDecoder = 31,

    /// <summary>System control and management interface (SCMI).</summary>
    SystemControl = 32,

    /// <summary>Nitro secure module.</summary>
    NitroSecureModule = 33,

    /// <summary>I2C adapter.</summary>
    I2c = 34,

    /// <summary>Watchdog.</summary>
    Watchdog = 35,

    /// <summary>CAN device.</summary>
    Can = 36,

    /// <summary>Parameter server.</summary>
    ParameterServer = 38,

    /// <summary>Audio policy device.</summary>
    AudioPolicy = 39,

    /// <summary>Bluetooth device.</summary>
    Bluetooth = 40,

    /// <summary>GPIO device.</summary>
    Gpio = 41,

    /// <summary>RDMA device.</summary>
    Rdma = 42,

    /// <summary>Camera.</summary>
    Camera = 43,

    /// <summary>Internal shared memory device (ISM).</summary>
    InternalSharedMemory = 44,

    /// <summary>SPI controller.</summary>
    Spi = 45,

    /// <summary>Trusted execution environment (TEE).</summary>
    TrustedExecution = 46,

    /// <summary>CPU balloon.</summary>
    CpuBalloon = 47,

    /// <summary>Media device.</summary>
    Media = 48,

    /// <summary>USB controller.</summary>
    Usb = 49,
}
