using Microsoft.Win32.SafeHandles;

namespace Virtio.Storage;

/// <summary>
/// Opens and measures the file of a <see cref="FileStorage"/>. Each exception says in one line what is wrong with the file.
/// </summary>
internal static class FileOpening
{
    private const int ProbeSize = 4096;
    private const int SharingViolation = unchecked((int)0x80070020);
    private const int LockViolation = unchecked((int)0x80070021);
    private const int WouldBlockLinux = 11;
    private const int WouldBlockBsd = 35;
    private const int ReadOnlyFileSystem = 30;

    public static SafeFileHandle Open(string path, FileStorageOptions options)
    {
        bool readOnly = options.ReadOnly;
        if (Directory.Exists(path))
            throw new StorageException($"'{path}' is a directory; a disk needs a regular file or a block device");

        try
        {
            FileShare others = options.Shared ? FileShare.ReadWrite : readOnly ? FileShare.Read : FileShare.None;
            return File.OpenHandle(path, FileMode.Open, readOnly ? FileAccess.Read : FileAccess.ReadWrite, others);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StorageException($"'{path}' does not exist; check the path, or make an empty disk with: truncate -s 1G '{path}'", e);
        }
        catch (UnauthorizedAccessException e)
        {
            string way = readOnly ? "" : ", or open it read-only";
            throw new StorageException($"no permission to {(readOnly ? "read" : "write")} '{path}'; change its owner or mode{way}", e);
        }
        catch (IOException e) when (IsLocked(e))
        {
            string way = readOnly ? "" : ", or open both read-only";
            throw new StorageException($"'{path}' is in use by another program or another disk; stop that first{way}", e);
        }
        catch (IOException e) when (!OperatingSystem.IsWindows() && e.HResult == ReadOnlyFileSystem)
        {
            throw new StorageException($"'{path}' is on a file system mounted read-only; open it read-only, or copy it elsewhere", e);
        }
        catch (IOException e)
        {
            throw new StorageException($"cannot open '{path}': {Reason(e)}", e);
        }
    }

    /// <summary>
    /// An exception's message without the path that the runtime appends: the messages of this project have the path in front.
    /// </summary>
    public static string Reason(Exception exception)
    {
        int end = exception.Message.LastIndexOf(" : '", StringComparison.Ordinal);
        return (end > 0 ? exception.Message[..end] : exception.Message).TrimEnd('.');
    }

    public static long MeasureLength(string path, SafeFileHandle handle)
    {
        long length;
        try
        {
            length = RandomAccess.GetLength(handle);
            // The length of a block device reads as 0, like that of an empty file.
            if (length == 0)
                length = FindEnd(handle);
        }
        catch (Exception e) when (e is IOException or NotSupportedException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"cannot tell how long '{path}' is, so it cannot be a disk; a regular file or a block device can: {Reason(e)}", e);
        }

        return length switch
        {
            0 => throw new StorageException($"'{path}' is empty; give it the size of the disk first, as in: truncate -s 1G '{path}'"),
            long.MaxValue => throw new StorageException($"'{path}' has no end; a disk needs a regular file or a block device"),
            _ => length,
        };
    }

    /// <summary>
    /// Finds the end by bisection with aligned reads, 62 at most. This reads the file that is open. A look-up of the device by its name
    /// could find a different device (a node made by hand, a container's own /dev).
    /// </summary>
    private static long FindEnd(SafeFileHandle handle)
    {
        byte[] probe = new byte[ProbeSize];
        long present = -1;
        long absent = long.MaxValue / ProbeSize;
        if (RandomAccess.Read(handle, probe, (absent - 1) * ProbeSize) > 0)
            return long.MaxValue;

        while (absent - present > 1)
        {
            long middle = present + ((absent - present) / 2);
            if (RandomAccess.Read(handle, probe, middle * ProbeSize) > 0)
                present = middle;
            else
                absent = middle;
        }

        return present < 0 ? 0 : (present * ProbeSize) + RandomAccess.Read(handle, probe, present * ProbeSize);
    }

    private static bool IsLocked(IOException e) => e.HResult is SharingViolation or LockViolation
        || (!OperatingSystem.IsWindows() && e.HResult is WouldBlockLinux or WouldBlockBsd);
}
