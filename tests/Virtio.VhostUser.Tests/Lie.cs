namespace Virtio.VhostUser.Tests;

/// <summary>What a back-end may do instead of answering.</summary>
public enum Lie
{
    None,

    /// <summary>Says nothing, and reads on.</summary>
    Silence,

    /// <summary>Ends the connection.</summary>
    Close,

    /// <summary>Begins an answer and does not end it.</summary>
    Half,

    /// <summary>Answers something else.</summary>
    OtherRequest,

    /// <summary>Sends a request of its own.</summary>
    NoAnswer,

    /// <summary>Announces a GiB.</summary>
    TooLong,

    /// <summary>Leaves the end of the answer out.</summary>
    TooShort,

    /// <summary>Sends each bit the other way around.</summary>
    Inverted,
}
