namespace Virtio.Kvm.Interop;

/// <summary>
/// A copy of what the run page said after the last run, and of what is to be given back before the next: nobody but a running vCPU touches the page,
/// so that no span outlives the mapping.
/// </summary>
internal sealed class ExitRecord
{
    // KVM keeps the data of port accesses in one page.
    private readonly byte[] _data = new byte[4096];
    private int _length;
    private int _replyOffset;
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
            Take(page, checked((int)_state.PortDataOffset), checked((int)(_state.PortSize * _state.PortCount)), _state.PortDirection == RunState.PortOut);
    }

    /// <summary>Writes the answer to a read into the page.</summary>
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
