using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>
/// What a front-end saves of the device when the guest goes elsewhere, beside its memory and where its rings stand: nothing. The storage, or whatever the device
/// stands on, goes its own way.
/// </content>
internal sealed partial class Session
{
    private const uint Save = 0;
    private const uint Load = 1;
    private const uint PhaseStopped = 0;
    private const ulong Failed = 1;
    private const ulong NoDescriptorOfOurs = 0x100;

    private static readonly TimeSpan StatePatience = TimeSpan.FromSeconds(10);

    private SafeFileHandle? _stateToLoad;

    private bool HandleState(Message message, ref MessageReader reader, MessageWriter answer)
    {
        switch (message.Request)
        {
            case FrontendRequest.SetDeviceState:
                answer.WriteUInt64(SetDeviceState(message, ref reader));
                return true;
            case FrontendRequest.CheckDeviceState:
                answer.WriteUInt64(IsStateEmpty() ? 0 : Failed);
                return true;
            default:
                return false;
        }
    }

    private ulong SetDeviceState(Message message, ref MessageReader reader)
    {
        uint direction = reader.ReadUInt32();
        uint phase = reader.ReadUInt32();
        SafeFileHandle file = message.TakeDescriptor();
        ForgetState();
        if (direction == Load && phase == PhaseStopped)
        {
            _stateToLoad = file;
            return NoDescriptorOfOurs;
        }

        // To save nothing is to end at once.
        file.Dispose();
        return direction == Save && phase == PhaseStopped ? NoDescriptorOfOurs : NoDescriptorOfOurs | Failed;
    }

    /// <summary>Whether what came is what was saved: nothing. Another kind of device has written anything else.</summary>
    private bool IsStateEmpty()
    {
        if (_stateToLoad is not { } file)
            return true;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending);
        limit.CancelAfter(StatePatience);
        using var stream = new DescriptorStream((int)file.DangerousGetHandle(), FileAccess.Read);
        try
        {
            return stream.ReadAsync(new byte[1], limit.Token).AsTask().GetAwaiter().GetResult() == 0;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return false;
        }
        finally
        {
            ForgetState();
        }
    }

    private void ForgetState()
    {
        _stateToLoad?.Dispose();
        _stateToLoad = null;
    }
}
