namespace Virtio.Cli.Help;

/// <summary>A topic of <c>virtio help</c> that is not a command.</summary>
/// <param name="Name">The word that selects it.</param>
/// <param name="Title">One line.</param>
/// <param name="Text">The text, in lines of at most 80 columns.</param>
internal sealed record HelpTopic(string Name, string Title, string Text);
