namespace Virtio.Vmm;

/// <summary>
/// A kernel or an initial ramdisk that this machine cannot boot. The message is one line for the user:
/// it names the file and the reason.
/// </summary>
public sealed class BootException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public BootException()
    {
    }

    /// <summary>Creates an exception with a message.</summary>
    public BootException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message and its cause.</summary>
    public BootException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
