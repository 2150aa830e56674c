namespace Virtio.Cli.Help;

/// <summary>A subject of <c>virtio help</c> that is no command.</summary>
/// <param name="Name">As it is asked for.</param>
/// <param name="Title">One line.</param>
/// <param name="Text">The text, in lines that fit a terminal.</param>
internal sealed record HelpTopic(string Name, string Title, string Text);
