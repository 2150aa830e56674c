namespace Virtio.Cli.Completion;

/// <summary>An option, for completion.</summary>
/// <param name="Names">All its names, with their dashes.</param>
/// <param name="Description">A short description.</param>
/// <param name="Values">The possible values; null where the option takes none.</param>
internal sealed record CompletionOption(IReadOnlyList<string> Names, string Description, CompletionValues? Values);
