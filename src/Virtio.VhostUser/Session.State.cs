using Microsoft.Win32.SafeHandles;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>
/// The device state that a front-end saves when the guest migrates, besides its memory and the rings' positions: none. The storage or other
/// host side of a device is not part of it.
/// </content>
internal sealed partial class Session
{
    private const uint Save = 0;
    private const uint Load = 1;
    private const uint PhaseStopped = 0;
    private const ulong Failed = 1;
    private const ulong NoDescriptorOfOurs = 0x100;

    private static readonly TimeSpan StatePatience = TimeSpan.FromSeconds(10);

    // The pipe or file that a saved state is to be read from; null where none was sent. Owned by the connection's thread.
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

        // The saved state is empty: closing the descriptor ends it.
        file.Dispose();
        return direction == Save && phase == PhaseStopped ? NoDescriptorOfOurs : NoDescriptorOfOurs | Failed;
    }

    /// <summary>Whether the loaded state is empty, as a saved one is. Any byte comes from another kind of device.</summary>
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
