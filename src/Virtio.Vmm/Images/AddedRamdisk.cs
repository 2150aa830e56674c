namespace Virtio.Vmm.Images;

/// <summary>Makes an archive whose files are read only when the archive is read.</summary>
internal sealed class AddedRamdisk : IDisposable
{
    private const UnixFileMode TableMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly List<StreamPart> _parts = [];
    private readonly MemoryStream _pending = new(); // bytes written after the last part
    private readonly CpioWriter _writer;
    private bool _isComplete; // the stream that Complete returned owns the parts

    internal AddedRamdisk(GuestTree tree)
    {
        Tree = tree;
        _writer = new CpioWriter(_pending);
    }

    /// <summary>The files that the guest has without the archive, and the folders in the archive.</summary>
    internal GuestTree Tree { get; }

    internal void Add(string path, byte[] content) => _writer.AddFile(Place(path), content, TableMode);

    /// <exception cref="BootException">The file cannot be opened or has no place in the guest.</exception>
    internal void Add(GuestFile file)
    {
        Stream content = file.Content.Open();
        _parts.Add(new StreamPart(content, 0, file.Content.Name)); // owned from here on
        if (!content.CanSeek || content.Length == 0)
            content = Buffer(content, file.Content);
        if (content.Length > CpioWriter.MaxFileLength)
        {
            throw new BootException(
                $"cannot add '{file.Content}' to the guest: it has {content.Length} bytes, "
                + $"and an initial ramdisk has room for files up to {CpioWriter.MaxFileLength}");
        }

        _writer.BeginFile(Place(file.Path), content.Length, ModeOf(file));
        Cut();
        _parts.Add(new StreamPart(content, content.Length, file.Content.Name));
        _pending.Write(CpioHeader.PaddingOf(content.Length));
    }

    /// <summary>The archive, which the caller disposes.</summary>
    internal JoinedStream Complete()
    {
        _writer.Complete();
        Cut();
        _isComplete = true;
        return new JoinedStream(_parts);
    }

    public void Dispose()
    {
        if (_isComplete)
            return;
        foreach (StreamPart part in _parts)
            part.Content.Dispose();
    }

    private static UnixFileMode ModeOf(GuestFile file)
    {
        try
        {
            return file.ModeInGuest();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootException($"cannot read the permissions of '{file.Content}': {e.Message}", e);
        }
    }

    // A file that reports no content may still have some, as in /proc. A stream that cannot seek does not report its length.
    private static MemoryStream Buffer(Stream content, BootSource source)
    {
        try
        {
            var copy = new MemoryStream();
            content.CopyTo(copy);
            copy.Position = 0;
            return copy;
        }
        catch (IOException e)
        {
            throw new BootException($"cannot read '{source}': {e.Message}", e);
        }
    }

    private string Place(string path)
    {
        (string place, IReadOnlyList<string> folders) = Tree.Place(path);
        foreach (string folder in folders)
            _writer.AddDirectory(folder);
        return place;
    }

    private void Cut()
    {
        byte[] bytes = _pending.ToArray();
        _pending.SetLength(0);
        _parts.Add(new StreamPart(new MemoryStream(bytes), bytes.Length, ""));
    }
}
