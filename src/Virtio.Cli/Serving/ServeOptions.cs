using Virtio.Cli.Arguments;

namespace Virtio.Cli.Serving;

/// <summary>Where <c>virtio serve</c> meets its front-ends, and how it serves them.</summary>
internal sealed record ServeOptions
{
    /// <summary>A path to listen at; null for none.</summary>
    internal string? Socket { get; init; }

    /// <summary>Permissions of the listening socket; null for the default.</summary>
    internal UnixFileMode? SocketMode { get; init; }

    /// <summary>Name or number of the listening socket's group; null for the default.</summary>
    internal string? SocketGroup { get; init; }

    /// <summary>The number of an inherited socket; null for none.</summary>
    internal int? Descriptor { get; init; }

    /// <summary>A path to connect to; null for none.</summary>
    internal string? Connect { get; init; }

    /// <summary>The place that was given, for messages.</summary>
    internal string Place => Socket ?? Connect ?? $"fd {Descriptor}";

    internal int Queues { get; init; } = 1;

    /// <summary>The longest time that queue threads poll before they sleep; null for the default.</summary>
    internal TimeSpan? PollTime { get; init; }

    /// <summary>The ring options in order, as for <see cref="RingSpec"/>.</summary>
    internal IReadOnlyList<string> Ring { get; init; } = [];
}
