namespace Virtio.Queues;

/// <summary>
/// A queue could not be stopped within the limit: its device holds chains that it has not completed, or does not return from its handler.
/// The transport gives the device up. The guest's memory, which the device may still write to, stays mapped until the process ends.
/// </summary>
public sealed class QueueStopException : Exception
{
    // At most this many chains are named in a message.
    private const int NamedChains = 8;

    /// <summary>Creates an exception with the default message.</summary>
    public QueueStopException()
    {
    }

    /// <summary>Creates an exception with a message.</summary>
    public QueueStopException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message and its cause.</summary>
    public QueueStopException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal QueueStopException(int queue, string worker, TimeSpan limit, IReadOnlyList<int> chains)
        : base(Describe(queue, worker, limit, chains))
    {
        Queue = queue;
        Chains = chains;
    }

    /// <summary>Index of the queue in its device.</summary>
    public int Queue { get; }

    /// <summary>
    /// The chains that the device holds, by the id that the driver knows: in a split ring the head descriptor's index, in a packed ring the
    /// buffer id.
    /// </summary>
    public IReadOnlyList<int> Chains { get; } = [];

    private static string Describe(int queue, string worker, TimeSpan limit, IReadOnlyList<int> chains)
    {
        string what = chains.Count == 0
            ? "its worker has not returned from the device's code"
            : $"the device has not completed {chains.Count} of its chains ({Name(chains)})";
        return $"queue {queue} ({worker}) did not stop within {limit.TotalSeconds:0.###} s: {what}; "
            + "the guest's memory stays mapped, because the device may still write to it";
    }

    /// <summary>Lists the first chains, for a message.</summary>
    internal static string Name(IReadOnlyList<int> chains) =>
        string.Join(", ", chains.Take(NamedChains)) + (chains.Count > NamedChains ? ", …" : "");
}
