namespace Virtio.Testing;

/// <summary>
/// A device failed under a test: its own code or its storage's code threw, or did not end. <see cref="Exception.InnerException"/> is the
/// first failure, with its stack trace.
/// </summary>
public sealed class DeviceFailureException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public DeviceFailureException()
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    public DeviceFailureException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    public DeviceFailureException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
