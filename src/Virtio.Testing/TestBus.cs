using Virtio.Devices;
using Virtio.Memory;
using Virtio.Transports.Mmio;

namespace Virtio.Testing;

/// <summary>
/// A machine without a processor: guest RAM, an MMIO bus with devices, and interrupt lines. The test is the guest. Thread-safe.
/// </summary>
public sealed class TestBus : IAsyncDisposable, IDisposable
{
    private readonly InterruptLine[] _lines;
    private readonly MmioDriver[] _drivers;
    private readonly int _firstInterrupt;

    /// <summary>Puts devices on a bus with the usual options. The bus owns them from now on.</summary>
    public TestBus(params IVirtioDevice[] devices)
        : this(new TestBusOptions(), devices)
    {
    }

    /// <summary>Puts devices on a bus. The bus owns them from now on.</summary>
    public TestBus(TestBusOptions options, params IVirtioDevice[] devices)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(devices);
        Options = options;
        Memory = options.AllocateMemory([(options.MemoryAddress, options.MemorySize), .. options.FurtherMemory]);
        Allocator = new GuestAllocator(Memory);
        _firstInterrupt = options.Bus.FirstInterrupt;
        _lines = [.. devices.Select(_ => new InterruptLine())];
        Mmio = new MmioBus(options.Bus, Memory, devices, (interrupt, asserted) => _lines[interrupt - _firstInterrupt].Set(asserted));
        _drivers = [.. Mmio.Devices.Select(device => new MmioDriver(this, device, _lines[device.Interrupt - _firstInterrupt]))];
    }

    /// <summary>What the bus was made of.</summary>
    public TestBusOptions Options { get; }

    /// <summary>Guest RAM.</summary>
    public GuestMemory Memory { get; }

    /// <summary>Addresses in guest RAM that nobody uses yet.</summary>
    public GuestAllocator Allocator { get; }

    /// <summary>The bus itself.</summary>
    public MmioBus Mmio { get; }

    /// <summary>A driver's view of each device.</summary>
    public IReadOnlyList<MmioDriver> Drivers => _drivers;

    /// <summary>The driver's view of the device at <paramref name="index"/>; for a bus with one device, of that one.</summary>
    public MmioDriver Driver(int index = 0) => _drivers[index];

    /// <summary>Puts bytes somewhere in guest RAM.</summary>
    /// <returns>Their guest-physical address.</returns>
    public ulong Place(ReadOnlySpan<byte> bytes)
    {
        ulong address = Allocator.Allocate(Math.Max(bytes.Length, 1));
        Memory.TryWrite(address, bytes);
        return address;
    }

    /// <summary>Copies guest bytes out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are not all RAM.</exception>
    public byte[] Read(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        return Memory.TryRead(address, bytes) ? bytes : throw new ArgumentOutOfRangeException(nameof(address), address, "not guest RAM");
    }

    /// <summary>Stops and disposes the devices, then frees the RAM.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Mmio.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            Memory.Dispose();
        }
    }

    /// <summary>The same as <see cref="DisposeAsync"/>, waiting for it.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
