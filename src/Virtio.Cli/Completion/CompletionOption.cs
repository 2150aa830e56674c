namespace Virtio.Cli.Completion;

/// <summary>An option as shells complete it.</summary>
/// <param name="Names">All of them, with their dashes.</param>
/// <param name="Description">A few words.</param>
/// <param name="Values">What follows it; null for nothing.</param>
internal sealed record CompletionOption(IReadOnlyList<string> Names, string Description, CompletionValues? Values);
