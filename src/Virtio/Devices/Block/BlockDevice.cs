using System.Buffers.Binary;
using System.Text;
using Virtio.Queues;
using Virtio.Storage;

namespace Virtio.Devices.Block;

/// <summary>
/// A block device (virtio 1.4, 5.2) on any <see cref="IBlockStorage"/>. On an asynchronous storage the requests run in parallel, up to the
/// size of the queue, and a slow request does not delay the others. The device owns the storage: disposing the device flushes and disposes
/// the storage.
/// </summary>
public sealed class BlockDevice : IVirtioDevice
{
    /// <summary>Bytes of a sector, the unit of a disk's size and positions (virtio 1.4, 5.2): 512.</summary>
    public const int SectorSize = 512;

    internal const int IdLength = 20;

    private const int ConfigLength = 96;
    private const int SegmentMaximumOffset = 12;
    private const int BlockSizeOffset = 20;
    private const int QueueCountOffset = 34;

    // The header and the status byte: the two descriptors of a request that carry no data.
    private const int OverheadDescriptors = 2;

    // Guards _activation, _remeasured and changes of the capacity.
    private readonly Lock _gate = new();
    private readonly ConfigSpace _config = new(ConfigLength);
    private readonly ushort[] _queueSizes;

    // The worker of each queue; null where it was not started since the last reset. The transport changes one at a time.
    private readonly QueueWorker?[] _workers;

    // Null while no driver runs. Written under _gate.
    private DeviceActivation? _activation;

    // In sectors. Written under _gate, read by any thread.
    private long _capacity;

    // The capacity has changed, and the driver was not notified yet. Guarded by _gate.
    private bool _remeasured;

    // Exchanged atomically.
    private bool _disposed;

    /// <summary>Creates a disk on a storage.</summary>
    /// <param name="storage">
    /// The storage. The disk is read-only unless this is an <see cref="IWritableBlockStorage"/> that can write.
    /// </param>
    /// <param name="options">What the disk shows to its driver.</param>
    /// <exception cref="ArgumentException">The id is longer than 20 characters or not ASCII.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The queue size, or the number of queues, is not allowed.</exception>
    public BlockDevice(IBlockStorage storage, BlockDeviceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(storage);
        options ??= new BlockDeviceOptions();
        if (options.SerialNumber.Length > IdLength || !Ascii.IsValid(options.SerialNumber))
            throw new ArgumentException(
                $"serial number '{options.SerialNumber}' is not at most {IdLength} ASCII characters", nameof(options));
        if (options.QueueSize is < 1 or > Virtqueue.MaximumSize)
            throw new ArgumentOutOfRangeException(nameof(options), options.QueueSize,
                $"a queue has 1 to {Virtqueue.MaximumSize} descriptors");
        if (options.Queues is < 1 or > BlockDeviceOptions.MaximumQueues)
            throw new ArgumentOutOfRangeException(nameof(options), options.Queues,
                $"a disk has 1 to {BlockDeviceOptions.MaximumQueues} queues");
        Storage = storage;
        Writable = !options.ReadOnly && storage is IWritableBlockStorage { CanWrite: true } writable ? writable : null;
        if (storage.Length < 0)
            throw new ArgumentException(
                $"the storage, a {storage.GetType().Name}, says that it is {storage.Length} bytes long", nameof(storage));
        _capacity = storage.Length / SectorSize;
        SerialNumberBytes = Encoding.ASCII.GetBytes(options.SerialNumber.PadRight(IdLength, '\0'));
        _queueSizes = [.. Enumerable.Repeat((ushort)options.QueueSize, options.Queues)];
        _workers = new QueueWorker?[options.Queues];
        RingFeatures = options.RingFeatures;
        WriteConfig();
    }

    /// <inheritdoc/>
    public DeviceId Id => DeviceId.Block;

    /// <inheritdoc/>
    public ulong Features =>
        (ulong)(BlockFeatures.SegmentMaximum | BlockFeatures.BlockSize | BlockFeatures.Flush | (IsReadOnly ? BlockFeatures.ReadOnly : 0)
            | (_queueSizes.Length > 1 ? BlockFeatures.MultipleQueues : 0));

    /// <inheritdoc/>
    public VirtioFeatures RingFeatures { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => _queueSizes;

    /// <inheritdoc/>
    public uint ConfigGeneration => _config.Generation;

    /// <summary>The capacity in sectors of 512 bytes, without a partial sector at the end of the storage.</summary>
    public long SectorCount => Volatile.Read(ref _capacity);

    /// <summary>Bytes of a partial sector at the end of the storage, 0 to 511. The driver does not see them.</summary>
    public int UnusedByteCount => (int)(Storage.Length % SectorSize);

    /// <summary>Whether writes are refused.</summary>
    public bool IsReadOnly => Writable is null;

    internal IBlockStorage Storage { get; }

    internal IWritableBlockStorage? Writable { get; }

    internal byte[] SerialNumberBytes { get; }

    internal BlockErrorLog Errors { get; } = new();

    /// <summary>
    /// Makes the storage measure its length again. If the capacity has changed, the driver is notified, now or when it starts. From then on
    /// requests beyond the new end fail. The disk may also become shorter: the guest is not asked, so it must stop using the end of the
    /// disk before. Thread-safe.
    /// </summary>
    /// <returns>Whether the capacity has changed.</returns>
    /// <exception cref="IOException">The storage cannot measure its length; the capacity stays as it was.</exception>
    public bool Remeasure()
    {
        lock (_gate)
        {
            Volatile.Write(ref _capacity, Storage.Remeasure() / SectorSize);
            if (!WriteCapacity())
                return false;
            _remeasured = true;
            NotifyRemeasured();
            return true;
        }
    }

    /// <inheritdoc/>
    public void ReadConfig(int offset, Span<byte> destination) => _config.Read(offset, destination);

    /// <inheritdoc/>
    public void Activate(DeviceActivation activation)
    {
        lock (_gate)
        {
            _activation = activation;
            NotifyRemeasured();
        }
    }

    /// <inheritdoc/>
    public void StartQueue(int index, Virtqueue queue)
    {
        var requests = new BlockQueue(this, _activation!, queue.Stopping);
        _workers[index] = QueueWorker.Start("virtio-block", queue, _activation!, requests.Handle, requests.EndBatch);
    }

    /// <inheritdoc/>
    public void StopQueue(int index) => _workers[index]?.Stop();

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_gate)
            _activation = null;
        Array.Clear(_workers);
    }

    /// <summary>Stops the workers, flushes the storage, and disposes it even when the flush has failed.</summary>
    /// <exception cref="IOException">The last flush failed.</exception>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        foreach (QueueWorker? worker in _workers)
            worker?.Stop();
        try
        {
            if (Writable is not null)
                await Writable.FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            await Storage.DisposeAsync().ConfigureAwait(false);
        }
    }

    // Notifies the driver of a changed capacity. A change while no driver runs is announced at activation: a driver that was starting
    // meanwhile may have read the old capacity.
    private void NotifyRemeasured()
    {
        if (!_remeasured || _activation is not { } activation)
            return;
        _remeasured = false;
        activation.NotifyConfigChanged();
    }

    private bool WriteCapacity()
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteInt64LittleEndian(number, _capacity);
        return _config.Update(0, number);
    }

    private void WriteConfig()
    {
        WriteCapacity();
        Span<byte> number = stackalloc byte[sizeof(uint)];
        int descriptors = Math.Min((int)_queueSizes[0], DescriptorChain.MaximumDescriptors);
        BinaryPrimitives.WriteInt32LittleEndian(number, Math.Max(1, descriptors - OverheadDescriptors));
        _config.Update(SegmentMaximumOffset, number);
        BinaryPrimitives.WriteInt32LittleEndian(number, SectorSize);
        _config.Update(BlockSizeOffset, number);
        number = number[..sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)_queueSizes.Length);
        _config.Update(QueueCountOffset, number);
    }
}
