using Virtio.Cli.Arguments;

namespace Virtio.Cli.Serving;

/// <summary>Where <c>virtio serve</c> meets its front-ends, and how it serves them.</summary>
internal sealed record ServeOptions
{
    /// <summary>A path to listen at; null for none.</summary>
    internal string? Socket { get; init; }

    /// <summary>Permissions of the socket that is listened at; null for what is usual.</summary>
    internal UnixFileMode? SocketMode { get; init; }

    /// <summary>Name or number of that socket's group; null for what is usual.</summary>
    internal string? SocketGroup { get; init; }

    /// <summary>The number of an inherited socket; null for none.</summary>
    internal int? Descriptor { get; init; }

    /// <summary>A path to connect to; null for none.</summary>
    internal string? Connect { get; init; }

    /// <summary>Which of them it is, for people.</summary>
    internal string Place => Socket ?? Connect ?? $"fd {Descriptor}";

    internal int Queues { get; init; } = 1;

    /// <summary>How long queues are watched before their threads sleep, at most; null for what is usual.</summary>
    internal TimeSpan? PollTime { get; init; }

    /// <summary>What was said of rings, as <see cref="RingSpec"/> has it, in order.</summary>
    internal IReadOnlyList<string> Ring { get; init; } = [];
}
