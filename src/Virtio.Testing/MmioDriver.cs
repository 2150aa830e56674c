using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Virtio.Devices;
using Virtio.Queues;
using Virtio.Transports.Mmio;

namespace Virtio.Testing;

/// <summary>
/// A driver's view of one device over the virtio-mmio registers (virtio 1.4, 4.2). The driver does what the standard requires; each
/// register can also be accessed alone, correctly or not. One thread at a time sets up and resets; registers, kicks and interrupts are
/// thread-safe.
/// </summary>
public sealed partial class MmioDriver
{
    private readonly MmioBusDevice _device;
    private readonly DriverQueue?[] _queues;

    internal MmioDriver(TestBus bus, MmioBusDevice device, InterruptLine interrupt, FailureRecorder recorder)
    {
        _recorder = recorder;
        Bus = bus;
        Interrupt = interrupt;
        _device = device;
        _queues = new DriverQueue?[device.Device.QueueSizes.Length];
    }

    /// <summary>The bus that the device is on.</summary>
    public TestBus Bus { get; }

    /// <summary>The device.</summary>
    public IVirtioDevice Device => _device.Device;

    /// <summary>The device's interrupt line.</summary>
    public InterruptLine Interrupt { get; }

    /// <summary>Guest-physical address of the device's registers.</summary>
    public ulong Address => _device.Address;

    /// <summary>Number of the device's queues.</summary>
    public int QueueCount => _queues.Length;

    /// <summary>The features that <see cref="Negotiate"/> last accepted.</summary>
    public ulong Features { get; private set; }

    /// <summary>The device status register. Setting it writes exactly these bits.</summary>
    public DeviceStatusBits Status
    {
        get => (DeviceStatusBits)ReadRegister(MmioRegisters.Status);
        set => WriteRegister(MmioRegisters.Status, (uint)value);
    }

    /// <summary>Events that the device raised and the driver has not acknowledged.</summary>
    public InterruptBits PendingInterrupts => (InterruptBits)ReadRegister(MmioRegisters.InterruptStatus);

    /// <summary>The 64 feature bits that the device offers.</summary>
    public ulong OfferedFeatures => FeatureWindow(0) | ((ulong)FeatureWindow(1) << 32);

    /// <summary>Reads a 32-bit register.</summary>
    public uint ReadRegister(int offset)
    {
        Span<byte> data = stackalloc byte[sizeof(uint)];
        Access(offset, data, isWrite: false);
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    /// <summary>Writes a 32-bit register.</summary>
    public void WriteRegister(int offset, uint value)
    {
        Span<byte> data = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        Access(offset, data, isWrite: true);
    }

    /// <summary>32 bits of the offered features.</summary>
    public uint FeatureWindow(uint window)
    {
        WriteRegister(MmioRegisters.DeviceFeaturesSelect, window);
        return ReadRegister(MmioRegisters.DeviceFeatures);
    }

    /// <summary>Writes the features to accept, without any further step.</summary>
    public void TakeFeatures(ulong features)
    {
        WriteRegister(MmioRegisters.DriverFeaturesSelect, 0);
        WriteRegister(MmioRegisters.DriverFeatures, unchecked((uint)features));
        WriteRegister(MmioRegisters.DriverFeaturesSelect, 1);
        WriteRegister(MmioRegisters.DriverFeatures, (uint)(features >> 32));
    }

    /// <summary>Resets the device, then negotiates (virtio 1.4, 3.1.1, steps 1 to 6).</summary>
    /// <returns>False when the device did not accept the features.</returns>
    public bool Negotiate(ulong features)
    {
        Reset();
        Status = DeviceStatusBits.Acknowledge;
        Status = DeviceStatusBits.Acknowledge | DeviceStatusBits.Driver;
        TakeFeatures(features);
        Status = DeviceStatusBits.Negotiated;
        Features = features;
        return Status == DeviceStatusBits.Negotiated;
    }

    /// <summary>Brings the device into operation: negotiates, sets up every queue at its maximum size, sets DRIVER_OK.</summary>
    /// <param name="features">The features to accept; all offered ones when absent.</param>
    /// <exception cref="InvalidOperationException">The device refused a step.</exception>
    /// <exception cref="DeviceFailureException">The device failed at once.</exception>
    public MmioDriver Start(ulong? features = null)
    {
        if (!Negotiate(features ?? OfferedFeatures))
            throw new InvalidOperationException($"the device did not accept the features 0x{Features:x}; its status is {Status}");
        for (int i = 0; i < QueueCount; i++)
            SetUpQueue(i);
        SetDriverOk();
        return this;
    }

    /// <summary>Sets DRIVER_OK, the last step of initialization.</summary>
    /// <exception cref="InvalidOperationException">The device refused it.</exception>
    /// <exception cref="DeviceFailureException">The device failed at once.</exception>
    public void SetDriverOk()
    {
        Status = DeviceStatusBits.Running;
        if (NeedsReset)
            throw Failed("the device does not run");
        if (Status != DeviceStatusBits.Running)
            throw new InvalidOperationException($"the device does not run; its status is {Status}");
    }

    /// <summary>Resets the device and forgets its queues; returns when the status register reads 0.</summary>
    /// <exception cref="TimeoutException">The reset did not end in time.</exception>
    public void Reset()
    {
        Status = DeviceStatusBits.None;
        if (!SpinWait.SpinUntil(() => Status == DeviceStatusBits.None, Bus.Options.Timeout))
            throw NotEnded("the reset");
        for (int i = 0; i < QueueCount; i++)
        {
            _queues[i]?.Free();
            _queues[i] = null;
        }
    }

    /// <summary>A queue that was set up.</summary>
    /// <exception cref="InvalidOperationException">The queue was not set up.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such queue.</exception>
    public DriverQueue Queue(int index = 0)
    {
        CheckQueue(index);
        return _queues[index] ?? throw new InvalidOperationException(
            $"queue {index} is not set up: Start, or SetUpQueue after Negotiate, does that");
    }

    /// <summary>The maximum size of a queue, 0 when the device has no queue of that index.</summary>
    public uint QueueSizeMaximum(uint index)
    {
        WriteRegister(MmioRegisters.QueueSelect, index);
        return ReadRegister(MmioRegisters.QueueSizeMaximum);
    }

    /// <summary>Whether a queue's QueueReady register reads 1.</summary>
    public bool IsQueueReady(uint index)
    {
        WriteRegister(MmioRegisters.QueueSelect, index);
        return ReadRegister(MmioRegisters.QueueReady) != 0;
    }

    /// <summary>Allocates a ring, writes its geometry to the registers and makes it ready.</summary>
    /// <param name="index">Index of the queue.</param>
    /// <param name="size">Number of descriptors; the maximum when absent.</param>
    /// <exception cref="InvalidOperationException">The device refused it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such queue, or no ring can have that size.</exception>
    public DriverQueue SetUpQueue(int index, int? size = null)
    {
        CheckQueue(index);
        int descriptors = size ?? (int)QueueSizeMaximum((uint)index);
        if (descriptors is < 1 or > Virtqueue.MaximumSize)
            throw new ArgumentOutOfRangeException(nameof(size), descriptors, $"a ring has 1 to {Virtqueue.MaximumSize} descriptors");
        _queues[index]?.Free();
        DriverQueue queue = (Features & (ulong)VirtioFeatures.RingPacked) != 0
            ? new PackedDriverQueue(this, index, descriptors)
            : new SplitDriverQueue(this, index, descriptors);
        _queues[index] = queue;
        if (!EnableQueue((uint)index, queue.Areas))
            throw new InvalidOperationException($"the device did not accept queue {index} as {queue.Areas}");
        return queue;
    }

    /// <summary>Writes a queue's geometry without checking it, and sets QueueReady.</summary>
    /// <returns>Whether QueueReady reads back as set.</returns>
    public bool EnableQueue(uint index, QueueAreas areas)
    {
        WriteRegister(MmioRegisters.QueueSelect, index);
        WriteRegister(MmioRegisters.QueueSize, areas.Size);
        WriteAddress(MmioRegisters.QueueDescriptorLow, areas.Descriptor);
        WriteAddress(MmioRegisters.QueueDriverLow, areas.Driver);
        WriteAddress(MmioRegisters.QueueDeviceLow, areas.Device);
        WriteRegister(MmioRegisters.QueueReady, 1);
        return ReadRegister(MmioRegisters.QueueReady) == 1;
    }

    /// <summary>Resets one queue (virtio 1.4, 2.6.1) and forgets it; <see cref="SetUpQueue"/> makes the next. Needs RING_RESET.</summary>
    /// <exception cref="TimeoutException">The reset did not end in time.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such queue.</exception>
    public void ResetQueue(int index)
    {
        CheckQueue(index);
        WriteRegister(MmioRegisters.QueueSelect, (uint)index);
        WriteRegister(MmioRegisters.QueueReset, 1);
        if (!SpinWait.SpinUntil(() => ReadRegister(MmioRegisters.QueueReset) == 0, Bus.Options.Timeout))
            throw NotEnded($"the reset of queue {index}");
        _queues[index]?.Free();
        _queues[index] = null;
    }

    /// <summary>Kicks a queue, also when the device suppresses kicks.</summary>
    public void Notify(uint queue) => WriteRegister(MmioRegisters.QueueNotify, queue);

    /// <summary>Acknowledges events.</summary>
    public void Acknowledge(InterruptBits events)
    {
        WriteRegister(MmioRegisters.InterruptAcknowledge, (uint)events);
        Interrupt.NoteAcknowledged();
    }

    /// <summary>Waits for an interrupt and acknowledges it.</summary>
    /// <returns>Its events; none when the time was over first.</returns>
    public InterruptBits WaitForInterrupt(TimeSpan timeout)
    {
        long seen;
        do
        {
            seen = Interrupt.Changes;
            InterruptBits events = PendingInterrupts;
            if (events == InterruptBits.None)
                continue;
            Acknowledge(events);
            return events;
        }
        while (Interrupt.WaitForChange(seen, timeout));
        return InterruptBits.None;
    }

    /// <summary>
    /// Reads configuration space, and repeats that until its generation was the same before and after (virtio 1.4, 2.5.1).
    /// </summary>
    /// <returns>A value from one generation.</returns>
    public T ReadConfig<T>(int offset)
        where T : unmanaged
    {
        T value = default;
        uint before;
        do
        {
            before = ReadRegister(MmioRegisters.ConfigGeneration);
            Access(ConfigOffset(offset), MemoryMarshal.AsBytes(new Span<T>(ref value)), isWrite: false);
        }
        while (before != ReadRegister(MmioRegisters.ConfigGeneration));
        return value;
    }

    /// <summary>Writes configuration space.</summary>
    public void WriteConfig<T>(int offset, T value)
        where T : unmanaged =>
        Access(ConfigOffset(offset), MemoryMarshal.AsBytes(new Span<T>(ref value)), isWrite: true);

    /// <summary>Makes one access of any width at any offset to the device's registers.</summary>
    /// <exception cref="ObjectDisposedException">The bus was disposed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The offset is not among the device's registers.</exception>
    public void Access(int offset, Span<byte> data, bool isWrite)
    {
        Bus.ThrowIfDisposed();
        if (offset < 0 || offset >= _device.Size)
            throw new ArgumentOutOfRangeException(nameof(offset), offset,
                $"the registers of the device are at 0 to {_device.Size - 1}; behind them is the next device");
        Bus.Mmio.HandleMmio(Address + (uint)offset, data, isWrite);
    }

    private void WriteAddress(int low, ulong address)
    {
        WriteRegister(low, unchecked((uint)address));
        WriteRegister(low + sizeof(uint), (uint)(address >> 32));
    }
}
