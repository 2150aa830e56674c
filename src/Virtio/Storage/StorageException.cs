namespace Virtio.Storage;

/// <summary>
/// A storage cannot be opened, read, written or flushed. The message is one line for a person: what failed, on which file or address, and
/// what to do about it. It contains no credentials.
/// </summary>
public class StorageException : IOException
{
    /// <summary>Creates an exception with the default message.</summary>
    public StorageException()
    {
    }

    /// <summary>Creates an exception with a message.</summary>
    /// <param name="message">One line for a person.</param>
    public StorageException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message and its cause.</summary>
    /// <param name="message">One line for a person.</param>
    /// <param name="innerException">The cause.</param>
    public StorageException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
