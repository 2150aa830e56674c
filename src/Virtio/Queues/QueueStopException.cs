namespace Virtio.Queues;

/// <summary>
/// A queue could not be stopped within the limit: its device holds chains that it has not completed, or does not return from its handler.
/// The device is lost, and the guest's memory, which it may still write to, stays mapped until the process ends.
/// </summary>
public sealed class QueueStopException : Exception
{
    // How many chains a message names.
    private const int NamedChains = 8;

    /// <summary>Makes one without a message.</summary>
    public QueueStopException()
    {
    }

    /// <summary>Makes one.</summary>
    public QueueStopException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one with its cause.</summary>
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
    /// The chains that the device holds, by the id that the driver knows: of a split ring the head descriptor, of a packed ring the buffer
    /// id.
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

    /// <summary>The first of them, for a message.</summary>
    internal static string Name(IReadOnlyList<int> chains) =>
        string.Join(", ", chains.Take(NamedChains)) + (chains.Count > NamedChains ? ", …" : "");
}
