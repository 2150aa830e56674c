namespace Virtio.Cli.Consoles;

/// <summary>A console whose output goes to a file.</summary>
internal sealed class FileConsole(string path, string option) : ConsoleEnd
{
    private readonly FileStream _file = OutputFile.Create(option, path);

    internal override Stream Output => _file;

    public override ValueTask DisposeAsync() => _file.DisposeAsync();
}
