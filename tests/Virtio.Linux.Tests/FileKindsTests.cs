using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Virtio.Linux.Tests;

[SupportedOSPlatform("linux")]
public sealed partial class FileKindsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-kinds-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_path_is_told_by_what_it_leads_to()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        string fifo = Path.Combine(_folder, "fifo");
        Assert.Equal(0, MakeFifo(fifo, 0x180));
        string link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, fifo);
        string socket = Path.Combine(_folder, "socket");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));

        Assert.Equal(FileKind.RegularFile, FileKinds.Of(file));
        Assert.Equal(FileKind.Fifo, FileKinds.Of(fifo));
        Assert.Equal(FileKind.Fifo, FileKinds.Of(link));
        Assert.Equal(FileKind.Socket, FileKinds.Of(socket));
        Assert.Equal(FileKind.Directory, FileKinds.Of(_folder));
        Assert.Equal(FileKind.CharacterDevice, FileKinds.Of("/dev/null"));
        Assert.Equal(FileKind.None, FileKinds.Of(Path.Combine(_folder, "none")));
        Assert.Equal("a FIFO", FileKinds.Describe(FileKind.Fifo));
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}
