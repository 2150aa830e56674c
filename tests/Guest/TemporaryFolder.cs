namespace Virtio.Guest.Tests;

/// <summary>A folder for one test's files.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("virtio-guest-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A sparse file.</summary>
    internal string CreateFile(string name, long length)
    {
        using FileStream file = System.IO.File.Create(File(name));
        file.SetLength(length);
        return file.Name;
    }
}
