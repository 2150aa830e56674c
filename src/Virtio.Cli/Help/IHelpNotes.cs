namespace Virtio.Cli.Help;

/// <summary>A command whose help has more to say than what its options and arguments are.</summary>
internal interface IHelpNotes
{
    /// <summary>Paragraphs for the end of the help, one a line.</summary>
    string Notes { get; }
}
