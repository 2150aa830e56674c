using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>The in-flight record and configuration space.</content>
internal sealed partial class BackendClient
{
    /// <summary>
    /// Asks the back-end to allocate an in-flight record and to keep it from now on. Called after the features are set and before rings
    /// start.
    /// </summary>
    /// <param name="queues">Number of rings.</param>
    /// <param name="size">Descriptors of each ring.</param>
    /// <returns>The record's memory, for the next back-end; the caller owns it.</returns>
    internal InflightShare KeepInflight(ushort queues, ushort size)
    {
        InflightShare share;
        lock (_gate)
        {
            WriteInflight(0, 0, queues, size);
            MessageReader answer = Ask(FrontendRequest.GetInflight);
            ulong length = answer.ReadUInt64();
            share = new InflightShare(_answer.TakeDescriptor(), answer.ReadUInt64(), length, queues, size);
        }

        try
        {
            SetInflight(share);
            return share;
        }
        catch
        {
            share.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Gives the back-end the record that an earlier back-end kept. Called after the features are set and before rings start.
    /// </summary>
    internal void SetInflight(InflightShare share)
    {
        lock (_gate)
        {
            WriteInflight(share.Length, share.Offset, share.Queues, share.Size);
            Finish(FrontendRequest.SetInflight, [share.File]);
        }
    }

    /// <summary>Reads configuration space.</summary>
    /// <exception cref="ProtocolException">The back-end's configuration space has no such part.</exception>
    internal void ReadConfig(uint offset, Span<byte> destination)
    {
        if (!TryReadConfig(offset, destination))
            throw new ProtocolException($"the back-end has no configuration of {destination.Length} bytes at {offset}");
    }

    /// <summary>Reads configuration space.</summary>
    /// <returns>False where the back-end answers that it has no such part.</returns>
    internal bool TryReadConfig(uint offset, Span<byte> destination)
    {
        lock (_gate)
        {
            WriteConfigHeader(offset, destination.Length);
            _request.Take(destination.Length).Clear();
            MessageReader answer = Ask(FrontendRequest.GetConfig);
            if (answer.IsEmpty)
                return false;
            if (answer.ReadUInt32() != offset || answer.ReadUInt32() != (uint)destination.Length)
                throw new ProtocolException("the back-end answered with another part of its configuration space");
            _ = answer.ReadUInt32();
            answer.ReadBytes((uint)destination.Length).CopyTo(destination);
            return true;
        }
    }

    /// <summary>Writes configuration space.</summary>
    /// <returns>False where the back-end refuses the write.</returns>
    internal bool TryWriteConfig(uint offset, ReadOnlySpan<byte> source)
    {
        lock (_gate)
        {
            WriteConfigHeader(offset, source.Length);
            source.CopyTo(_request.Take(source.Length));
            return TryFinish(FrontendRequest.SetConfig, []) == 0;
        }
    }

    private void WriteInflight(ulong length, ulong offset, ushort queues, ushort size)
    {
        _request.Clear();
        _request.WriteUInt64(length);
        _request.WriteUInt64(offset);
        _request.WriteUInt16(queues);
        _request.WriteUInt16(size);
    }

    private void WriteConfigHeader(uint offset, int length)
    {
        _request.Clear();
        _request.WriteUInt32(offset);
        _request.WriteUInt32((uint)length);
        _request.WriteUInt32(0);
    }
}
