using System.Text;
using Virtio.Vmm.Images;

namespace Virtio.Vmm;

/// <summary>
/// Writes a cpio archive in the format that Linux unpacks as an initial ramdisk ("newc"). Every entry belongs to root. The same calls make
/// the same bytes. The kernel makes no parent folders: add a folder before its content. Not thread-safe;
/// the caller keeps owning the stream.
/// </summary>
public sealed class CpioWriter
{
    /// <summary>The longest file that the format allows: 4 GiB less one byte.</summary>
    public const long MaxFileLength = uint.MaxValue;

    /// <summary>The longest name, and the longest target of a symbolic link, that Linux accepts, in bytes of UTF-8.</summary>
    public const int MaxNameLength = 4095;

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode DeviceMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode AllModes = (UnixFileMode)0xfff;
    private const int MaxMajor = (1 << 12) - 1; // the bits of a device number that Linux keeps
    private const int MaxMinor = (1 << 20) - 1;
    private const int BlockSize = 128 * 1024;

    private readonly Stream _output;
    private uint _inode; // of the last entry; each entry has its own number, so that Linux takes none for a hard link to an earlier one
    private bool _isComplete;

    /// <summary>Writes an archive to a stream.</summary>
    /// <param name="output">The stream for the archive; need not be seekable.</param>
    public CpioWriter(Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>The modification time of all entries that follow, in seconds, 1970 to 2106. By default the beginning of 1970.</summary>
    public DateTimeOffset ModificationTime { get; set; } = DateTimeOffset.UnixEpoch;

    /// <summary>Adds a folder.</summary>
    /// <param name="name">Its path; a leading slash makes no difference.</param>
    /// <param name="mode">Its permissions.</param>
    /// <exception cref="ArgumentException">
    /// The name is empty, too long or reserved by the format, or it has an empty part, <c>.</c>, <c>..</c> or a null character.
    /// </exception>
    public void AddDirectory(string name, UnixFileMode mode = FolderMode) => Begin(CpioEntryType.Folder, name, mode, 0);

    /// <summary>Adds a file whose bytes are in memory.</summary>
    /// <param name="name">Its path; a leading slash makes no difference.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="mode">Its permissions.</param>
    /// <exception cref="ArgumentException">As for <see cref="AddDirectory"/>.</exception>
    public void AddFile(string name, ReadOnlySpan<byte> content, UnixFileMode mode = FileMode)
    {
        Begin(CpioEntryType.File, name, mode, content.Length);
        Write(content);
    }

    /// <summary>Adds a file from a stream.</summary>
    /// <param name="name">Its path; a leading slash makes no difference.</param>
    /// <param name="content">Read from its current position; the caller keeps owning it.</param>
    /// <param name="length">The number of bytes, 0 to <see cref="MaxFileLength"/>.</param>
    /// <param name="mode">Its permissions.</param>
    /// <exception cref="ArgumentException">As for <see cref="AddDirectory"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The format does not allow that length.</exception>
    /// <exception cref="EndOfStreamException">The stream has fewer bytes. The archive is then unusable.</exception>
    public void AddFile(string name, Stream content, long length, UnixFileMode mode = FileMode)
    {
        ArgumentNullException.ThrowIfNull(content);
        Begin(CpioEntryType.File, name, mode, length);
        byte[] block = new byte[Math.Min(length, BlockSize)];
        for (long left = length; left > 0; left -= block.Length)
        {
            block = left < block.Length ? new byte[left] : block;
            content.ReadExactly(block);
            _output.Write(block);
        }

        Pad(length);
    }

    /// <summary>Adds a symbolic link.</summary>
    /// <param name="name">Its path; a leading slash makes no difference.</param>
    /// <param name="target">The link's target, stored unchanged.</param>
    /// <exception cref="ArgumentException">
    /// As for <see cref="AddDirectory"/>, or the target is empty, too long, or has a null character.
    /// </exception>
    public void AddSymbolicLink(string name, string target)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        byte[] bytes = Encoding.UTF8.GetBytes(target);
        if (bytes.Length > MaxNameLength || target.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"the target of the link '{name}' has {bytes.Length} bytes or a null character; "
                + $"Linux takes {MaxNameLength} without one",
                nameof(target));
        }

        Begin(CpioEntryType.SymbolicLink, name, (UnixFileMode)0x1ff, bytes.Length);
        Write(bytes);
    }

    /// <summary>Adds a character device.</summary>
    /// <param name="name">Its path; a leading slash makes no difference.</param>
    /// <param name="major">The driver's number, 0 to 4095.</param>
    /// <param name="minor">The number of the device of that driver, 0 to 1048575.</param>
    /// <param name="mode">Its permissions.</param>
    /// <exception cref="ArgumentException">As for <see cref="AddDirectory"/>.</exception>
    public void AddCharacterDevice(string name, int major, int minor, UnixFileMode mode = DeviceMode) =>
        AddDevice(CpioEntryType.CharacterDevice, name, major, minor, mode);

    /// <summary>Adds a block device.</summary>
    /// <param name="name">Its path; a leading slash makes no difference.</param>
    /// <param name="major">The driver's number, 0 to 4095.</param>
    /// <param name="minor">The number of the device of that driver, 0 to 1048575.</param>
    /// <param name="mode">Its permissions.</param>
    /// <exception cref="ArgumentException">As for <see cref="AddDirectory"/>.</exception>
    public void AddBlockDevice(string name, int major, int minor, UnixFileMode mode = DeviceMode) =>
        AddDevice(CpioEntryType.BlockDevice, name, major, minor, mode);

    /// <summary>Ends the archive. Without this call the archive counts as cut off. After it nothing can be added.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_isComplete, this);
        _isComplete = true;
        WriteHeader(new CpioHeader { Name = CpioHeader.Trailer });
    }

    /// <summary>Begins a file. The caller writes its bytes and then <see cref="CpioHeader.PaddingOf"/> of their number.</summary>
    internal void BeginFile(string name, long length, UnixFileMode mode) => Begin(CpioEntryType.File, name, mode, length);

    private void AddDevice(CpioEntryType type, string name, int major, int minor, UnixFileMode mode)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(major);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(major, MaxMajor);
        ArgumentOutOfRangeException.ThrowIfNegative(minor);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minor, MaxMinor);
        Begin(type, name, mode, 0, (uint)major, (uint)minor);
    }

    private void Begin(CpioEntryType type, string name, UnixFileMode mode, long length, uint major = 0, uint minor = 0)
    {
        ObjectDisposedException.ThrowIf(_isComplete, this);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxFileLength);
        if ((mode & ~AllModes) != 0)
            throw new ArgumentOutOfRangeException(nameof(mode), mode, "these are not permissions");
        long time = ModificationTime.ToUnixTimeSeconds();
        if (time is < 0 or > uint.MaxValue)
            throw new InvalidOperationException($"the archive has no room for the time {ModificationTime:u}; it takes 1970 to 2106");
        WriteHeader(new CpioHeader
        {
            Name = GuestPath.Normalize(name),
            Inode = ++_inode,
            Mode = (uint)type | (uint)mode,
            LinkCount = type == CpioEntryType.Folder ? 2u : 1,
            Time = (uint)time,
            Length = (uint)length,
            Major = major,
            Minor = minor,
        });
    }

    private void WriteHeader(CpioHeader header) => _output.Write(header.ToBytes());

    private void Write(ReadOnlySpan<byte> content)
    {
        _output.Write(content);
        Pad(content.Length);
    }

    private void Pad(long length) => _output.Write(CpioHeader.PaddingOf(length));
}
