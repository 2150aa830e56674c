namespace Virtio.Kvm.Interop;

/// <summary>
/// A copy of the run page after the last run, and the reply for the guest before the next run. Only the thread inside
/// <see cref="KvmVcpu.Run"/> touches the page, so no span outlives the mapping.
/// </summary>
internal sealed class ExitRecord
{
    // KVM keeps the data of port accesses in one page.
    private readonly byte[] _data = new byte[4096];

    // Bytes of the access in _data. Owned, like the fields below, by the thread that runs the vCPU.
    private int _length;

    // The offset in the run page to which the reply goes before the next run; 0 if there is none.
    private int _replyOffset;

    // The fixed part of the run page after the last run.
    private RunState _state;

    internal KvmExitReason Reason { get; private set; } = KvmExitReason.Interrupted;

    internal ref readonly RunState State => ref _state;

    internal Span<byte> Data => _data.AsSpan(0, _length);

    internal void TakeInterruption() => Reason = KvmExitReason.Interrupted;

    internal void TakeFrom(RunPage page)
    {
        _state = page.State;
        Reason = (KvmExitReason)_state.ExitReason;
        _length = 0;
        _replyOffset = 0;
        if (Reason == KvmExitReason.Mmio)
            Take(page, RunState.MmioDataOffset, (int)uint.Min(_state.MmioLength, sizeof(ulong)), _state.MmioIsWrite != 0);
        else if (Reason == KvmExitReason.Port)
        {
            int offset = checked((int)_state.PortDataOffset);
            int length = checked((int)(_state.PortSize * _state.PortCount));
            Take(page, offset, length, _state.PortDirection == RunState.PortOut);
        }
    }

    /// <summary>Writes the data for a read into the page.</summary>
    internal void GiveTo(RunPage page)
    {
        if (_replyOffset != 0)
            Data.CopyTo(page.Bytes[_replyOffset..]);
        _replyOffset = 0;
    }

    private void Take(RunPage page, int offset, int length, bool isWrite)
    {
        _length = int.Min(length, _data.Length);
        if (isWrite)
        {
            page.Bytes.Slice(offset, _length).CopyTo(_data);
            return;
        }

        Data.Clear();
        _replyOffset = offset;
    }
}
