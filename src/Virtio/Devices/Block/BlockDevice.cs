using System.Buffers.Binary;
using System.Text;
using Virtio.Queues;
using Virtio.Storage;

namespace Virtio.Devices.Block;

/// <summary>
/// A block device (virtio 1.4, 5.2) on any <see cref="IBlockStorage"/>. Requests of an asynchronous storage run in parallel, up to the queue's depth;
/// a slow one holds up no other. The device owns the storage: disposing it flushes and disposes the storage.
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

    // Header and status, the two descriptors of a request that carry no data.
    private const int OverheadDescriptors = 2;

    private readonly Lock _gate = new();
    private readonly ConfigSpace _config = new(ConfigLength);
    private readonly ushort[] _queueSizes;
    private readonly QueueWorker?[] _workers;
    private DeviceActivation? _activation;
    private long _capacity;
    private bool _remeasured;
    private bool _disposed;

    /// <summary>Makes a disk of a storage.</summary>
    /// <param name="storage">The storage; read-only unless it is an <see cref="IWritableBlockStorage"/> that can write.</param>
    /// <param name="options">How the disk shows itself.</param>
    /// <exception cref="ArgumentException">The id is longer than 20 characters or not ASCII.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The queue size, or the number of queues, is not allowed.</exception>
    public BlockDevice(IBlockStorage storage, BlockDeviceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(storage);
        options ??= new BlockDeviceOptions();
        if (options.SerialNumber.Length > IdLength || !Ascii.IsValid(options.SerialNumber))
            throw new ArgumentException($"serial number '{options.SerialNumber}' is not at most {IdLength} ASCII characters", nameof(options));
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

    /// <summary>Size in sectors of 512 bytes; a last partial sector of the storage is not shown.</summary>
    public long SectorCount => Volatile.Read(ref _capacity);

    /// <summary>Bytes at the end of the storage, 0 to 511, that make no whole sector: the driver does not see them.</summary>
    public int UnusedByteCount => (int)(Storage.Length % SectorSize);

    /// <summary>Whether writes are refused.</summary>
    public bool IsReadOnly => Writable is null;

    internal IBlockStorage Storage { get; }

    internal IWritableBlockStorage? Writable { get; }

    internal byte[] SerialNumberBytes { get; }

    internal BlockErrorLog Errors { get; } = new();

    /// <summary>
    /// Has the storage look for its length again, and tells the driver, now or when it starts, where the capacity is another one. From then on requests beyond the
    /// new end fail. A disk may become shorter too: what lies beyond is for the guest to give up before; it is not asked. Thread-safe.
    /// </summary>
    /// <returns>Whether the capacity has changed.</returns>
    /// <exception cref="IOException">The storage cannot tell its length; the capacity stays as it was.</exception>
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

    /// <summary>Makes everything written durable, then disposes the storage, whether or not that succeeded.</summary>
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

    // A capacity that changed while no driver ran, or while it was starting and had read the old one, is announced as soon as one does.
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
        BinaryPrimitives.WriteInt32LittleEndian(number, Math.Max(1, Math.Min((int)_queueSizes[0], DescriptorChain.MaximumDescriptors) - OverheadDescriptors));
        _config.Update(SegmentMaximumOffset, number);
        BinaryPrimitives.WriteInt32LittleEndian(number, SectorSize);
        _config.Update(BlockSizeOffset, number);
        number = number[..sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)_queueSizes.Length);
        _config.Update(QueueCountOffset, number);
    }
}
