using Virtio.Devices;
using Virtio.Memory;
using Virtio.Transports.Mmio;

namespace Virtio.Testing;

/// <summary>
/// A machine without a processor: guest RAM, an MMIO bus with devices, and interrupt lines. The test acts as the guest. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// A test does not overlook a device that fails. Each wait for its answer throws a <see cref="DeviceFailureException"/> at once, and
/// disposing the bus throws one for a failure that the test did not ask for. An <see cref="IOException"/> is different: with it a storage
/// says that it cannot read or write. The driver is told, and <see cref="MmioDriver.ShowFailure"/> returns the cause.
/// </para>
/// <para>
/// At the end of a <c>using</c> block an exception of the disposal hides the exception that ended the test. So the text of the former
/// contains the latter.
/// </para>
/// </remarks>
public sealed class TestBus : IAsyncDisposable, IDisposable
{
    private readonly InterruptLine[] _lines;
    private readonly MmioDriver[] _drivers;
    private readonly FailureRecorder[] _recorders;
    private readonly TestFlow _flow = new();
    private readonly int _firstInterrupt;
    private int _disposed;

    /// <summary>Puts devices on a bus with default options. The bus owns them from now on.</summary>
    public TestBus(params IVirtioDevice[] devices)
        : this(new TestBusOptions(), devices)
    {
    }

    /// <summary>Puts devices on a bus. The bus owns them from now on.</summary>
    public TestBus(TestBusOptions options, params IVirtioDevice[] devices)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(devices);
        TestBusValidation.Check(options, devices);
        Options = options;
        Memory = options.AllocateMemory([(options.MemoryAddress, options.MemorySize), .. options.FurtherMemory]);
        if (Memory is null)
            throw new ArgumentException("AllocateMemory returned null instead of the RAM", nameof(options));
        Allocator = new GuestAllocator(Memory);
        _firstInterrupt = options.Bus.FirstInterrupt;
        _lines = [.. devices.Select(_ => new InterruptLine())];
        _recorders = [.. devices.Select((_, index) => new FailureRecorder(options.Bus.CreateLogger?.Invoke(index) ?? options.Bus.Logger))];
        MmioBusOptions bus = options.Bus with { StopLimit = options.StopLimit, CreateLogger = index => _recorders[index] };
        try
        {
            Mmio = new MmioBus(bus, Memory, devices, (interrupt, asserted) => _lines[interrupt - _firstInterrupt].Set(asserted));
        }
        catch
        {
            Memory.Dispose();
            throw;
        }

        _drivers = [.. Mmio.Devices.Select((device, index) => new MmioDriver(this, device, _lines[index], _recorders[index]))];
    }

    /// <summary>The options of the bus.</summary>
    public TestBusOptions Options { get; }

    /// <summary>Guest RAM.</summary>
    public GuestMemory Memory { get; }

    /// <summary>Allocates addresses in guest RAM.</summary>
    public GuestAllocator Allocator { get; }

    /// <summary>The bus itself.</summary>
    public MmioBus Mmio { get; }

    /// <summary>A driver's view of each device.</summary>
    public IReadOnlyList<MmioDriver> Drivers => _drivers;

    /// <summary>The driver's view of the device at <paramref name="index"/>, by default of the first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bus has no such device.</exception>
    public MmioDriver Driver(int index = 0) => index >= 0 && index < _drivers.Length
        ? _drivers[index]
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"the bus has {_drivers.Length} devices, numbered from 0");

    /// <summary>Copies bytes to newly allocated guest RAM.</summary>
    /// <returns>Their guest-physical address.</returns>
    public ulong Place(ReadOnlySpan<byte> bytes)
    {
        ulong address = Allocator.Allocate(Math.Max(bytes.Length, 1));
        Memory.TryWrite(address, bytes);
        return address;
    }

    /// <summary>Copies bytes of guest RAM.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not all RAM, or the length is negative.</exception>
    public byte[] Read(ulong address, int length)
    {
        if (length < 0)
            throw new ArgumentOutOfRangeException(nameof(length), length, "a length is 0 or more");
        byte[] bytes = new byte[length];
        return Memory.TryRead(address, bytes) ? bytes : throw new ArgumentOutOfRangeException(nameof(address), $"0x{address:x}",
            $"not all of the {length} bytes from here on are guest RAM");
    }

    /// <summary>
    /// Stops and disposes the devices, then frees the RAM. It ends within <see cref="TestBusOptions.StopLimit"/> for each queue, even if a
    /// device holds chains that it never completes. The RAM then stays mapped until the process ends, because the device may still write to
    /// it.
    /// </summary>
    /// <exception cref="DeviceFailureException">
    /// A device did not stop, or failed and the test did not ask for the failure. The text also has the last exception of the test, which
    /// this exception may hide.
    /// </exception>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            await new BusDisposal(Mmio, Memory, _flow, _recorders, Options.StopLimit).RunAsync().ConfigureAwait(false);
    }

    /// <summary>The same as <see cref="DisposeAsync"/>, waiting for it.</summary>
    /// <exception cref="DeviceFailureException">The same as for <see cref="DisposeAsync"/>.</exception>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Throws after disposal, when the RAM of the bus must not be touched any more.</summary>
    internal void ThrowIfDisposed()
    {
        if (Volatile.Read(ref _disposed) != 0)
            throw new ObjectDisposedException(nameof(TestBus), "the bus of this driver has been disposed");
    }
}
