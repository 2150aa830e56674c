// A device with a configuration space, a queue that the host drives and one that the driver drives: a keyboard, as virtio 1.4, 5.8 has it.
using Virtio.Devices;
using Virtio.Queues;

namespace Keyboard;

internal sealed partial class KeyboardDevice : IVirtioDevice
{
    private const int EventQueue = 0;

    private readonly KeyboardConfig _config = new();
    private DeviceActivation? _activation;
    private QueueWorker? _status;

    // Read by Send on any thread.
    private volatile QueueWorker? _events;

    public DeviceId Id => DeviceId.Input;

    public ulong Features => 0;

    public ReadOnlySpan<ushort> QueueSizes => [64, 16];

    public uint ConfigGeneration => _config.Generation;

    public void ReadConfig(int offset, Span<byte> destination) => _config.Read(offset, destination);

    public void WriteConfig(int offset, ReadOnlySpan<byte> source) => _config.Write(offset, source);

    public void Activate(DeviceActivation activation) => _activation = activation;

    public void StartQueue(int index, Virtqueue queue)
    {
        if (index != EventQueue)
        {
            _status = QueueWorker.Start("keyboard-status", queue, _activation!, SwitchLight);
            return;
        }

        _events = QueueWorker.StartHostDriven("keyboard-events", queue, _activation!, Deliver);
        _events.Wake(); // An event may have come after the worker's first look and before Send could see the worker.
    }

    public void StopQueue(int index) => (index == EventQueue ? _events : _status)?.Stop();

    public void Reset() => _events = _status = null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
