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
    // VHOST_F_LOG_ALL. It means nothing to the device, and it changes while rings are served.
    private const ulong LogAll = 1UL << 26;

    // The log, where the front-end has set one, and whether pages are marked in it. Owned by the connection's thread.
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
                // An eventfd for a front-end that waits for marked pages. None does: front-ends poll the log.
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

        // When logging starts, all chains taken before are completed first: none of them may write an unmarked page later.
        StopAll();
        _isLogging = isLogging;
    }

    /// <summary>Adds the dirty log to a ring's configuration while logging is on.</summary>
    private QueueConfig WithLog(QueueConfig ring, RingAddresses addresses)
    {
        if (!_isLogging || _logMemory is not { } log)
            return ring;
        ulong? used = addresses.IsLogged ? addresses.Log : null;
        return ring with { Journal = new LoggedChains(ring.Journal, new DirtyPageLog(log.Address, log.Length), _memory!, ring, used) };
    }
}
