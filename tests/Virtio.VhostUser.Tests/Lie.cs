namespace Virtio.VhostUser.Tests;

/// <summary>Wrong behaviour of a back-end in place of an answer.</summary>
public enum Lie
{
    None,

    /// <summary>Sends no answer, and reads on.</summary>
    Silence,

    /// <summary>Closes the connection.</summary>
    Close,

    /// <summary>Sends the beginning of an answer only.</summary>
    Half,

    /// <summary>Sends the answer to another request.</summary>
    OtherRequest,

    /// <summary>Sends a request instead of an answer.</summary>
    NoAnswer,

    /// <summary>Sends a header that announces a GiB.</summary>
    TooLong,

    /// <summary>Sends an answer without its end.</summary>
    TooShort,

    /// <summary>Sends an answer with each bit inverted.</summary>
    Inverted,
}
