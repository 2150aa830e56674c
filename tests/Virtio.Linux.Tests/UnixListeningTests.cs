using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Virtio.Linux.Tests;

[SupportedOSPlatform("linux")]
public sealed class UnixListeningTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("listening").FullName;

    private string Path => System.IO.Path.Combine(_folder, "socket");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_socket_is_for_the_same_user_by_default()
    {
        using Socket listener = UnixListening.Start(Path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    [Theory]
    [InlineData(0x1b0)] // 0660
    [InlineData(0x1b6)] // 0666
    [InlineData(0x1ff)] // 0777
    [InlineData(0x90)] // 0220
    public void A_socket_gets_exactly_the_mode_that_was_asked_for(int mode)
    {
        using Socket listener = UnixListening.Start(Path, (UnixFileMode)mode, null);
        Assert.Equal((UnixFileMode)mode, File.GetUnixFileMode(Path));
    }

    [Theory]
    [InlineData(0x200)]
    [InlineData(0x800)]
    public void A_mode_beyond_0777_is_refused(int mode)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => UnixListening.Start(Path, (UnixFileMode)mode, null));
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void A_socket_gets_the_group_by_its_name_or_its_number()
    {
        // The process's own group, because an unprivileged process may give a file no other group.
        (string name, string number) = (Run("id", "-gn"), Run("id", "-g"));
        foreach (string group in (string[])[name, number])
        {
            using (UnixListening.Start(Path, (UnixFileMode)0x1b0, group))
                Assert.Equal(number, Run("stat", "-c", "%g", Path));
        }
    }

    [Fact]
    public void A_socket_can_be_given_to_any_group_by_root()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may give a file to a group of which it is no member");
        using Socket listener = UnixListening.Start(Path, (UnixFileMode)0x1b0, "54321");
        Assert.Equal("54321 660", Run("stat", "-c", "%g %a", Path));
    }

    [Fact]
    public void A_group_that_does_not_exist_is_refused_by_its_name_and_leaves_no_socket()
    {
        IOException refusal = Assert.Throws<IOException>(() => UnixListening.Start(Path, UnixListening.OwnerOnly, "no-such-group"));
        Assert.Contains("no group 'no-such-group'", refusal.Message);
        Assert.False(File.Exists(Path));
    }

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd().Trim();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)), string.Create(CultureInfo.InvariantCulture, $"{program} did not end"));
        return output;
    }
}
