using Virtio.Devices;

namespace Virtio.Transports;

/// <summary>
/// Calls a device on behalf of a guest's processor. An exception is a fault of the device: it fails the device and must not reach the
/// processor's thread.
/// </summary>
internal sealed class GuardedDevice(IVirtioDevice device, Action<string, Exception> fail)
{
    internal uint ConfigGeneration
    {
        get
        {
            try
            {
                return device.ConfigGeneration;
            }
            catch (Exception e)
            {
                fail($"its configuration generation cannot be read: {e.Message}", e);
                return 0;
            }
        }
    }

    internal void ReadConfig(int offset, Span<byte> destination)
    {
        try
        {
            device.ReadConfig(offset, destination);
        }
        catch (Exception e)
        {
            destination.Clear();
            fail($"its configuration cannot be read: {e.Message}", e);
        }
    }

    internal void WriteConfig(int offset, ReadOnlySpan<byte> source)
    {
        try
        {
            device.WriteConfig(offset, source);
        }
        catch (Exception e)
        {
            fail($"its configuration cannot be written: {e.Message}", e);
        }
    }

    internal void StopQueue(int index)
    {
        try
        {
            device.StopQueue(index);
        }
        catch (Exception e)
        {
            fail($"queue {index} cannot be stopped: {e.Message}", e);
        }
    }

    internal void Reset()
    {
        try
        {
            device.Reset();
        }
        catch (Exception e)
        {
            fail($"it cannot be reset: {e.Message}", e);
        }
    }
}
