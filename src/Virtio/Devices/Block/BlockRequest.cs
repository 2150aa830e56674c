using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Virtio.Queues;

namespace Virtio.Devices.Block;

/// <summary>
/// One request (virtio 1.4, 5.2.6): a header of 16 readable bytes, the data in one direction, and a status byte, which is the last writable
/// byte. The driver may cut it into descriptors in any way. The object stays with its chain object and is reused, so that a request
/// allocates nothing.
/// </summary>
internal sealed class BlockRequest
{
    private const int HeaderLength = 16;

    private readonly BlockQueue _queue;
    private readonly DescriptorChain _chain;
    private readonly List<Memory<byte>> _room = [];
    private readonly List<ReadOnlyMemory<byte>> _data = [];
    private readonly Action _continue;

    // The mutable fields belong to the thread that works on the request: the worker, then the thread on which the storage's operation ends.

    // The operation of the storage that is in flight.
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _pending;

    // The write in flight ends on another thread, maybe after its batch's flush has started, so a flush of its own follows.
    private bool _flushNext;

    // Of the header: the driver's numbers, unchecked.
    private uint _type;
    private ulong _sector;

    internal BlockRequest(BlockQueue queue, DescriptorChain chain)
    {
        _queue = queue;
        _chain = chain;
        _continue = Continue;
    }

    private BlockDevice Device => _queue.Device;

    internal void Start()
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        if (_chain.Writer.Remaining == 0)
        {
            // There is no room for a status byte. A request whose result cannot be reported must not be executed.
            _chain.Complete(0);
            return;
        }

        if (!_chain.Reader.TryRead(header))
        {
            Finish(BlockStatus.IoError);
            return;
        }

        _type = BinaryPrimitives.ReadUInt32LittleEndian(header);
        _sector = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        try
        {
            Execute();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void Execute()
    {
        switch ((BlockRequestType)_type)
        {
            case BlockRequestType.Read:
                Read();
                break;
            case BlockRequestType.Write:
                Write();
                break;
            case BlockRequestType.Flush when Device.Writable is not null:
                _queue.FlushAtEndOfBatch(this);
                break;
            case BlockRequestType.Flush:
                Finish(BlockStatus.Ok);
                break;
            case BlockRequestType.GetId:
                int length = (int)Math.Min(BlockDevice.IdLength, _chain.Writer.Remaining - 1);
                _chain.Writer.TryWrite(Device.SerialNumberBytes.AsSpan(0, length));
                Finish(BlockStatus.Ok);
                break;
            default:
                Finish(BlockStatus.Unsupported);
                break;
        }
    }

    private void Read()
    {
        long length = _chain.Writer.Remaining - 1;
        if (!IsInRange(length))
        {
            Finish(BlockStatus.IoError);
            return;
        }

        _room.Clear();
        _chain.Writer.Take(length, _room);
        Await(Device.Storage.ReadAsync((long)_sector * BlockDevice.SectorSize, _room, _queue.Stopping));
    }

    private void Write()
    {
        long length = _chain.Reader.Remaining;
        if (Device.Writable is not { } storage || !IsInRange(length))
        {
            Finish(BlockStatus.IoError);
            return;
        }

        _data.Clear();
        _chain.Reader.Take(length, _data);
        ValueTask written = storage.WriteAsync((long)_sector * BlockDevice.SectorSize, _data, _queue.Stopping);
        if (_queue.WritesThrough && written.IsCompletedSuccessfully)
        {
            written.GetAwaiter().GetResult();
            _queue.FlushAtEndOfBatch(this);
            return;
        }

        _flushNext = _queue.WritesThrough;
        Await(written);
    }

    private bool IsInRange(long length)
    {
        // Compared without adding: the guest chooses sector and length, and their sum could wrap around to a place inside the disk.
        var capacity = (ulong)Device.SectorCount;
        return length % BlockDevice.SectorSize == 0
            && _sector <= capacity
            && (ulong)(length / BlockDevice.SectorSize) <= capacity - _sector;
    }

    private void Await(ValueTask work)
    {
        _pending = work.ConfigureAwait(false).GetAwaiter();
        if (_pending.IsCompleted)
            Continue();
        else
            _pending.UnsafeOnCompleted(_continue);
    }

    private void Continue()
    {
        try
        {
            _pending.GetResult();
            if (_flushNext)
            {
                _flushNext = false;
                Await(Device.Writable!.FlushAsync(_queue.Stopping));
                return;
            }
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        Finish(BlockStatus.Ok);
    }

    /// <summary>The flush that this request waited for has ended. Called on the thread that ended it.</summary>
    internal void Flushed(Exception? failure)
    {
        if (failure is null)
            Finish(BlockStatus.Ok);
        else
            Fail(failure);
    }

    private void Fail(Exception exception)
    {
        _flushNext = false;
        _queue.LogError(_type, _sector, exception);
        Finish(BlockStatus.IoError);
    }

    private void Finish(BlockStatus status)
    {
        // A request that was cancelled because the queue is being stopped is not answered, so it is not counted as an error.
        if (status != BlockStatus.Ok && !_queue.Stopping.IsCancellationRequested)
            _chain.CountError();

        // The used length counts the bytes from the first writable byte up to a gap (virtio 1.4, 2.7.8.2). The status byte counts only when
        // all bytes before it were written. How much of the data was written is unknown when a request has failed half-way.
        ChainWriter writer = _chain.Writer;
        long written = status == BlockStatus.Ok ? writer.Written : 0;
        bool gap = writer.Remaining > 1 || written < writer.Written;
        writer.Advance(writer.Remaining - 1);
        writer.TryWrite([(byte)status]);
        _chain.Complete((uint)(gap ? written : writer.Written));
    }
}
