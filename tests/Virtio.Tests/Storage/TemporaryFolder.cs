namespace Virtio.Tests.Storage;

/// <summary>A new folder, deleted on disposal.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("virtio-storage-").FullName;

    public string File(string name, byte[] content)
    {
        string path = Path.Combine(Root, name);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    public string Sparse(string name, long length)
    {
        string path = Path.Combine(Root, name);
        using FileStream file = System.IO.File.Create(path);
        file.SetLength(length);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
