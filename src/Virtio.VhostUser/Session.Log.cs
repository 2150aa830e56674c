using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Migration;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>The log of pages that are written while the guest is migrated.</content>
internal sealed partial class Session
{
    // A bit of the features that says nothing to the device: it comes and goes while rings are served.
    private const ulong LogAll = 1UL << 26;

    private SharedMemory? _logMemory;
    private bool _isLogging;

    private bool HandleLog(Message message, ref MessageReader reader, MessageWriter answer)
    {
        switch (message.Request)
        {
            case FrontendRequest.SetLogBase:
                SetLogBase(message, ref reader);
                answer.WriteUInt64(0);
                return true;
            case FrontendRequest.SetLogDescriptor:
                // An event for somebody who waits for pages to be marked. Nobody does: the log is looked at now and then.
                return true;
            default:
                return false;
        }
    }

    private void SetLogBase(Message message, ref MessageReader reader)
    {
        ulong length = reader.ReadUInt64();
        ulong offset = reader.ReadUInt64();
        SharedMemory log;
        using (SafeFileHandle file = message.TakeDescriptor())
        {
            try
            {
                log = SharedMemory.Map(file, offset, length);
            }
            catch (IOException e)
            {
                throw new ProtocolException($"the log of {length} bytes cannot be mapped: {e.Message}", e);
            }
        }

        try
        {
            StopAll();
        }
        catch (IOException)
        {
            log.Dispose();
            throw;
        }

        _logMemory?.Dispose();
        _logMemory = log;
    }

    private void SetLogging(bool isLogging)
    {
        if (isLogging == _isLogging)
            return;

        // Where it begins, all that was taken before is given back, so that nothing unmarked is written behind it.
        StopAll();
        _isLogging = isLogging;
    }

    /// <summary>The same ring with what it writes marked, where that is wanted.</summary>
    private QueueConfig WithLog(QueueConfig ring, RingAddresses addresses)
    {
        if (!_isLogging || _logMemory is not { } log)
            return ring;
        ulong? used = addresses.IsLogged ? addresses.Log : null;
        return ring with { Journal = new LoggedChains(ring.Journal, new DirtyPageLog(log.Address, log.Length), _memory!, ring, used) };
    }
}
