using Virtio.Linux;

namespace Virtio.Vmm;

/// <summary>
/// The source of a kernel or an initial ramdisk: a file, bytes in memory, or a stream. A string converts to the file of that path, a byte
/// array to its bytes. Immutable and thread-safe.
/// A source may be used for any number of machines as long as its stream can be opened again.
/// </summary>
public sealed class BootSource
{
    private readonly Func<Stream> _open;

    // In bytes; 0 where the length is not known.
    private readonly Func<long> _length;

    private BootSource(string name, Func<Stream> open, Func<long> length, string? path = null)
    {
        Name = name;
        _open = open;
        _length = length;
        Path = path;
    }

    /// <summary>The name that messages use: the path, or the name given by the caller.</summary>
    public string Name { get; }

    /// <summary>
    /// For the kernel of a guest image: the bytes of memory that it needs to boot, beyond its own image and its ramdisks.
    /// Null if not known.
    /// </summary>
    internal ulong? MemoryBeside { get; private init; }

    /// <summary>The length in bytes; 0 where it is not known before the source is read.</summary>
    internal ulong KnownLength => (ulong)_length();

    /// <summary>The path of the file; null if the source is not a file.</summary>
    internal string? Path { get; }

    /// <summary>A file. It is opened when a machine starts.</summary>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public static BootSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new BootSource(path, () => OpenFile(path), () => LengthOf(path), path);
    }

    /// <summary>Bytes in memory, which must not change while a machine starts.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="name">The name that messages use.</param>
    public static BootSource FromBytes(byte[] content, string name = "(bytes in memory)")
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(name);
        return new BootSource(name, () => new MemoryStream(content, writable: false), () => content.Length);
    }

    /// <summary>
    /// A stream. Each machine that starts opens and disposes it, twice if it is the kernel and the kernel decides the kind of machine.
    /// It need not be seekable.
    /// </summary>
    /// <param name="open">Opens the stream at its beginning.</param>
    /// <param name="name">The name that messages use.</param>
    public static BootSource FromStream(Func<Stream> open, string name = "(stream)")
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(name);
        return new BootSource(name, open, () => 0);
    }

    /// <summary>A file's path.</summary>
    public static implicit operator BootSource(string path) => FromFile(path);

    /// <summary>Bytes in memory.</summary>
    public static implicit operator BootSource(byte[] content) => FromBytes(content);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The kernel of a guest image.</summary>
    internal static BootSource FromImage(string path, ulong memoryBeside) =>
        new(path, () => OpenFile(path), () => LengthOf(path), path) { MemoryBeside = memoryBeside };

    /// <summary>Opens the source. The exception of a failure says what could not be opened and why.</summary>
    internal Stream Open()
    {
        try
        {
            return _open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootException($"cannot open '{Name}': {Reason(e)}", e);
        }
    }

    private static FileStream OpenFile(string path)
    {
        // Checked before opening: opening a FIFO waits for a writer, and no signal ends that.
        if (FileKinds.Of(path) is var kind and not (FileKind.RegularFile or FileKind.BlockDevice or FileKind.None))
            throw new IOException($"it is {FileKinds.Describe(kind)}; give a regular file");

        // The loader reads in large blocks, so the stream needs no buffer.
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
    }

    // A file that cannot be opened is reported when it is opened, not here.
    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static string Reason(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException => "permission denied",
        _ => e.Message,
    };
}
