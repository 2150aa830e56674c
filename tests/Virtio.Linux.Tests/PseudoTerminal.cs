using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Linux.Tests;

/// <summary>A terminal whose keyboard and screen are the test.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class PseudoTerminal : IDisposable
{
    // Linux's values: O_RDWR, O_NOCTTY, TIOCSWINSZ, ECHO and ICANON in the fourth word of struct termios.
    private const int ReadWrite = 2;
    private const int NoControl = 0x100;
    private const nuint SetWindowSize = 0x5414;
    private const int LocalFlags = 12;
    private const int EchoAndLines = 0xa;

    private readonly SafeFileHandle _master;
    private readonly SafeFileHandle _slave;
    private readonly DescriptorStream _keys;
    private readonly StringBuilder _screen = new();
    private readonly Thread _reader;

    internal PseudoTerminal()
    {
        _master = OpenMaster(ReadWrite | NoControl);
        Assert.False(_master.IsInvalid);
        _keys = new DescriptorStream((int)_master.DangerousGetHandle(), FileAccess.ReadWrite);
        Assert.Equal(0, Grant(_master));
        Assert.Equal(0, Unlock(_master));
        byte[] name = new byte[64];
        Assert.Equal(0, GetName(_master, name, (nuint)name.Length));
        Path = Encoding.ASCII.GetString(name).TrimEnd('\0');

        // Kept open, so that reading the other side does not end when the first process closes its side.
        _slave = OpenSlave(Path, ReadWrite | NoControl);
        Assert.False(_slave.IsInvalid);
        _reader = new Thread(Read) { IsBackground = true };
        _reader.Start();
    }

    internal string Path { get; }

    internal int Descriptor => (int)_slave.DangerousGetHandle();

    /// <summary>All output so far.</summary>
    internal string Screen
    {
        get
        {
            lock (_screen)
                return _screen.ToString();
        }
    }

    internal byte[] Attributes
    {
        get
        {
            byte[] attributes = new byte[64];
            Assert.Equal(0, GetAttributes(_slave, attributes));
            return attributes;
        }
    }

    internal bool IsRaw => (Attributes[LocalFlags] & EchoAndLines) == 0;

    internal void Resize(ushort columns, ushort rows) => Assert.Equal(0, Control(_master, SetWindowSize, [rows, columns, 0, 0]));

    internal void Type(string keys) => _keys.Write(Encoding.ASCII.GetBytes(keys));

    public void Dispose()
    {
        // The reader ends when the last open slave is closed.
        _slave.Dispose();
        _reader.Join(TimeSpan.FromSeconds(10));
        _keys.Dispose();
        _master.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "posix_openpt")]
    private static partial SafeFileHandle OpenMaster(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt")]
    private static partial int Grant(SafeFileHandle master);

    [LibraryImport("libc", EntryPoint = "unlockpt")]
    private static partial int Unlock(SafeFileHandle master);

    [LibraryImport("libc", EntryPoint = "ptsname_r")]
    private static partial int GetName(SafeFileHandle master, Span<byte> name, nuint length);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenSlave(string path, int flags);

    [LibraryImport("libc", EntryPoint = "tcgetattr")]
    private static partial int GetAttributes(SafeFileHandle terminal, Span<byte> attributes);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(SafeFileHandle terminal, nuint request, ReadOnlySpan<ushort> size);

    private void Read()
    {
        byte[] buffer = new byte[4096];
        try
        {
            for (int count; (count = _keys.Read(buffer)) > 0;)
            {
                lock (_screen)
                    _screen.Append(Encoding.UTF8.GetString(buffer, 0, count));
            }
        }
        catch (IOException)
        {
            // All slaves are closed.
        }
    }
}
