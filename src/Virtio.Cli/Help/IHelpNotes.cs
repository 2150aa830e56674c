namespace Virtio.Cli.Help;

/// <summary>A command whose help has notes after its options and arguments.</summary>
internal interface IHelpNotes
{
    /// <summary>Paragraphs for the end of the help, one per line.</summary>
    string Notes { get; }
}
