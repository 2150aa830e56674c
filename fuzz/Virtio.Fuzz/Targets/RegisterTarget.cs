using System.Buffers.Binary;
using Virtio.Queues;
using Virtio.Transports.Mmio;

namespace Virtio.Fuzz.Targets;

/// <summary>Accesses of any width and offset, in any order, to the registers of a device whose rings hold arbitrary content.</summary>
internal sealed class RegisterTarget : IFuzzTarget
{
    private const int MaximumSteps = 512;
    private const uint Running = 15;
    private const ulong Areas = GuestRam.Start;
    private const ulong AreaOfQueue = 0x1800;

    private static readonly int[] Registers =
    [
        MmioRegisters.Status, MmioRegisters.QueueSelect, MmioRegisters.QueueSize, MmioRegisters.QueueReady, MmioRegisters.QueueNotify,
        MmioRegisters.QueueReset, MmioRegisters.DriverFeatures, MmioRegisters.DriverFeaturesSelect,
        MmioRegisters.InterruptAcknowledge, MmioRegisters.QueueDescriptorLow,
        MmioRegisters.QueueDescriptorHigh, MmioRegisters.QueueDriverLow, MmioRegisters.QueueDeviceLow, MmioRegisters.DeviceFeaturesSelect,
    ];

    private readonly GuestRam _ram = new();
    private RegisterDevice _device = null!;
    private MmioBus _bus = null!;

    public string Name => "registers";

    public string Summary => "accesses to the registers of a device, from any width and offset to whole bring-ups, suspensions among them";

    public void Run(ReadOnlySpan<byte> bytes)
    {
        var input = new FuzzInput(bytes);
        _ram.Reset();
        _device = new RegisterDevice(_ram);
        RegisterDevice device = _device;
        var options = new MmioBusOptions { CreateSignal = (_, queue) => new RegisterSignal(() => device.Serve(queue)) };
        _bus = new MmioBus(options, _ram.Memory, [_device], (_, _) => { });
        for (int step = 0; step < MaximumSteps && !input.AtEnd; step++)
        {
            Step(ref input);
            Check.That((Read(MmioRegisters.Status) & ~0xcfu) == 0);
        }

        _device.Keeps = 0;
        AssertResets();
        AssertWorks(packed: true);
        AssertWorks(packed: false);

        // A bus has metrics instruments, which listeners see until the bus is disposed.
        _bus.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Step(ref FuzzInput input)
    {
        byte operation = input.Byte();
        int parameter = operation >> 4;
        switch (operation & 7)
        {
            case 0:
                Access(ref input, parameter);
                break;
            case 1 or 2:
                Write(Registers[parameter % Registers.Length], parameter < 2 ? input.Byte() : input.UInt32());
                break;
            case 3:
                Write(Registers[parameter % Registers.Length], input.Byte());
                break;
            case 4:
                BringUp(parameter, input.Byte());
                break;
            case 5:
                _ram.Write(Areas + (input.UInt16() % (3 * AreaOfQueue)), input.Bytes(parameter + 1));
                break;
            case 6:
                _device.Keeps = parameter;
                Write(MmioRegisters.QueueNotify, input.Byte() % 4u);
                break;
            default:
                Suspend(parameter, ref input);
                break;
        }
    }

    private void Access(ref FuzzInput input, int width)
    {
        Span<byte> data = stackalloc byte[16];
        int offset = input.UInt16() % 0x1000;
        input.Bytes(width).CopyTo(data);
        bool isWrite = (input.Byte() & 1) == 0;
        Check.That(_bus.HandleMmio(GuestRam.Registers + (uint)offset, data[..width], isWrite));
    }

    /// <summary>
    /// Initialises the device up to some step, in the right order or with the queues first, with a ring of either layout for each queue.
    /// </summary>
    private void BringUp(int steps, byte features)
    {
        Write(MmioRegisters.Status, 0);
        bool isEarly = (steps & 8) != 0;
        if (isEarly)
            SetUpQueues(steps);
        Write(MmioRegisters.Status, 1);
        Write(MmioRegisters.Status, 3);
        Write(MmioRegisters.DriverFeaturesSelect, 0);
        Write(MmioRegisters.DriverFeatures, (uint)(features & 3) << 28);
        Write(MmioRegisters.DriverFeaturesSelect, 1);

        // Above VERSION_1: packed, in order, notification data, ring reset.
        uint packed = (features & 4u) != 0 ? 4u : 0;
        uint inOrder = (features & 8u) != 0 ? 8u : 0;
        uint notificationData = (features & 16u) != 0 ? 64u : 0;
        uint ringReset = (features & 32u) == 0 ? 256u : 0;
        Write(MmioRegisters.DriverFeatures, 1u | packed | inOrder | notificationData | ringReset);
        Write(MmioRegisters.Status, 11);
        if (!isEarly)
            SetUpQueues(steps);
        if (steps > 3)
            Write(MmioRegisters.Status, Running);
    }

    private void SetUpQueues(int count)
    {
        for (uint queue = 0; queue < 3 && count > queue; queue++)
            SetUp(queue);
    }

    private void SetUp(uint queue)
    {
        ulong area = Areas + (queue * AreaOfQueue);
        _ram.Clear(area, (int)AreaOfQueue);
        Write(MmioRegisters.QueueSelect, queue);
        Write(MmioRegisters.QueueSize, queue == 2 ? 64u : 4);
        Write(MmioRegisters.QueueDescriptorLow, (uint)area);
        Write(MmioRegisters.QueueDescriptorHigh, 0);
        Write(MmioRegisters.QueueDriverLow, (uint)area + 0x1000);
        Write(MmioRegisters.QueueDriverHigh, 0);
        Write(MmioRegisters.QueueDeviceLow, (uint)area + 0x1400);
        Write(MmioRegisters.QueueDeviceHigh, 0);
        Write(MmioRegisters.QueueReady, 1);
    }

    private void Suspend(int parameter, ref FuzzInput input)
    {
        int queue = parameter % 3;
        if (_bus.SuspendQueue(0, queue, TimeSpan.Zero) is not { } state)
            return;
        Check.That(_bus.SuspendQueue(0, queue, TimeSpan.Zero) is null);
        if ((parameter & 8) != 0)
            Step(ref input);
        _bus.ResumeQueue(0, queue, state);
    }

    private void AssertResets()
    {
        Write(MmioRegisters.Status, 0);
        Check.That(Read(MmioRegisters.Status) == 0 && Read(MmioRegisters.InterruptStatus) == 0);
        for (uint queue = 0; queue < 4; queue++)
        {
            Write(MmioRegisters.QueueSelect, queue);
            Check.That(Read(MmioRegisters.QueueReady) == 0 && Read(MmioRegisters.QueueReset) == 0);
        }
    }

    /// <summary>After a reset the device must serve a valid request, for any history.</summary>
    private void AssertWorks(bool packed)
    {
        BringUp(steps: 4, features: packed ? (byte)4 : (byte)0);
        Check.That(Read(MmioRegisters.Status) == Running);
        _ram.Write(Areas, GuestRam.BehindHole);
        _ram.Write(Areas + 8, packed ? 16 | (0x82UL << 48) : 16 | (2UL << 32));
        _ram.Write(Areas + 0x1002, packed ? (ushort)0 : (ushort)1);
        Write(MmioRegisters.QueueNotify, 0);
        Check.That(packed ? _ram.Read<ushort>(Areas + 14) == 0x8082 : _ram.Read<ushort>(Areas + 0x1402) == 1);
        Check.That(Read(MmioRegisters.InterruptStatus) == 1);
        Write(MmioRegisters.InterruptAcknowledge, 1);
        Check.That(Read(MmioRegisters.InterruptStatus) == 0 && Read(MmioRegisters.Status) == Running);
    }

    private uint Read(int register)
    {
        Span<byte> data = stackalloc byte[sizeof(uint)];
        Check.That(_bus.HandleMmio(GuestRam.Registers + (uint)register, data, isWrite: false));
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    private void Write(int register, uint value)
    {
        Span<byte> data = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        Check.That(_bus.HandleMmio(GuestRam.Registers + (uint)register, data, isWrite: true));
    }
}
