namespace Virtio.Cli.Completion;

/// <summary>A command as shells complete it.</summary>
/// <param name="Path">Its name and those of the commands above it.</param>
/// <param name="Description">A few words.</param>
/// <param name="Commands">The commands below it: name and a few words.</param>
/// <param name="Options">Its options.</param>
/// <param name="Arguments">What its arguments may be.</param>
internal sealed record CompletionNode(
    string Path, string Description, IReadOnlyList<(string Name, string Description)> Commands, IReadOnlyList<CompletionOption> Options, CompletionValues Arguments);
