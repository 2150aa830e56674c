namespace Virtio.Cli.Consoles;

/// <summary>Standard input and output on a system whose terminals are not known here: lines instead of keys.</summary>
internal sealed class PlainConsole : ConsoleEnd
{
    internal override Stream Input { get; } = Console.OpenStandardInput();

    internal override Stream Output { get; } = Console.OpenStandardOutput();

    public override async ValueTask DisposeAsync()
    {
        await Input.DisposeAsync();
        await Output.DisposeAsync();
    }
}
