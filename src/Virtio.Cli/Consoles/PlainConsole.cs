namespace Virtio.Cli.Consoles;

/// <summary>Standard input and output on a host other than Linux: input comes in lines, not in keys.</summary>
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
