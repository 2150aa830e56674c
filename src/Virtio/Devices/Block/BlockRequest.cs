using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Virtio.Queues;

namespace Virtio.Devices.Block;

/// <summary>
/// One request (virtio 1.4, 5.2.6): a header of 16 readable bytes, data either way, one status byte, the last writable one; cut into descriptors as
/// the driver likes. Kept with its chain object and used again, so that a request allocates nothing.
/// </summary>
internal sealed class BlockRequest
{
    private const int HeaderLength = 16;

    private readonly BlockQueue _queue;
    private readonly DescriptorChain _chain;
    private readonly List<Memory<byte>> _room = [];
    private readonly List<ReadOnlyMemory<byte>> _data = [];
    private readonly Action _continue;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _pending;

    // The write under way ends on another thread and is followed by a flush of its own.
    private bool _flushNext;
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
            // There is no room even for a status: nothing may be done whose outcome could not be told.
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
                _chain.Writer.TryWrite(Device.SerialNumberBytes.AsSpan(0, (int)Math.Min(BlockDevice.IdLength, _chain.Writer.Remaining - 1)));
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
        // Compared without adding: sector and length are the guest's, and their sum could wrap into the disk.
        var capacity = (ulong)Device.SectorCount;
        return length % BlockDevice.SectorSize == 0 && _sector <= capacity && (ulong)(length / BlockDevice.SectorSize) <= capacity - _sector;
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

    /// <summary>The flush that this request waited for has ended. For the thread that ended it.</summary>
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
        // What is cancelled because the queue is being stopped is no answer.
        if (status != BlockStatus.Ok && !_queue.Stopping.IsCancellationRequested)
            _chain.CountError();

        // The reported length counts from the first writable byte without a gap (virtio 1.4, 2.7.8.2): the status counts only when all before it
        // was written, which nobody knows of data that failed half-way.
        ChainWriter writer = _chain.Writer;
        long written = status == BlockStatus.Ok ? writer.Written : 0;
        bool gap = writer.Remaining > 1 || written < writer.Written;
        writer.Advance(writer.Remaining - 1);
        writer.TryWrite([(byte)status]);
        _chain.Complete((uint)(gap ? written : writer.Written));
    }
}
