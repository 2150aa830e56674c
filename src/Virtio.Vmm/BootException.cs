namespace Virtio.Vmm;

/// <summary>
/// A kernel or an initial ramdisk that this machine cannot boot. The message is one line, fit for the person who chose the file: it names the file
/// and says why.
/// </summary>
public sealed class BootException : Exception
{
    /// <summary>Makes one without a message.</summary>
    public BootException()
    {
    }

    /// <summary>Makes one.</summary>
    public BootException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one with its cause.</summary>
    public BootException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
