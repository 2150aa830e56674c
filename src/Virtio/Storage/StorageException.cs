namespace Virtio.Storage;

/// <summary>
/// A storage cannot be opened, read, written or flushed. The message is one line for a person: what failed, on which file
/// or address, and what to do about it. It holds no credentials.
/// </summary>
public class StorageException : IOException
{
    /// <summary>Makes one without a message of its own.</summary>
    public StorageException()
    {
    }

    /// <summary>Makes one with a message.</summary>
    /// <param name="message">One line for a person.</param>
    public StorageException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one with a message and what caused it.</summary>
    /// <param name="message">One line for a person.</param>
    /// <param name="innerException">The cause.</param>
    public StorageException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
