namespace Virtio.Cli.Completion;

/// <summary>A command, for completion.</summary>
/// <param name="Path">Its name after the names of the commands above it.</param>
/// <param name="Description">A short description.</param>
/// <param name="Commands">Name and short description of each command below it.</param>
/// <param name="Options">Its options.</param>
/// <param name="Arguments">The possible values of its arguments.</param>
internal sealed record CompletionNode(
    string Path,
    string Description,
    IReadOnlyList<(string Name, string Description)> Commands,
    IReadOnlyList<CompletionOption> Options,
    CompletionValues Arguments);
