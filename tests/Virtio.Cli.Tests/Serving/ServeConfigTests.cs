using System.Runtime.Versioning;
using Virtio.Cli.Serving;
using Virtio.Cli.Tests.Processes;
using Virtio.Devices;
using Virtio.Testing;

namespace Virtio.Cli.Tests.Serving;

[SupportedOSPlatform("linux")]
public sealed class ServeConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-serve-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Entries_mean_what_the_options_of_the_same_names_mean()
    {
        IReadOnlyList<ServedDevice> devices = Read(
            """
            // Comments and a trailing comma are allowed.
            { "devices": [
                { "type": "block", "socket": "/run/a b=c", "disk": "disk.raw,ro", "queues": 4, "packed": "on", "read-only": true,
                  "poll": 50 },
                { "type": "console", "fd": 5, "console": "unix:/run/console", "poll": "off" },
                { "type": "entropy", "connect": "--like-an-option", "event-idx": "off" },
            ] }
            """);

        Assert.Equal(
            new ServeOptions
            {
                Socket = "/run/a b=c",
                Queues = 4,
                PollTime = TimeSpan.FromMicroseconds(50),
                Ring = devices[0].Options.Ring,
            },
            devices[0].Options);
        Assert.Equal((5, "--like-an-option"), (devices[1].Options.Descriptor, devices[2].Options.Connect));
        Assert.Equal((TimeSpan.Zero, null), (devices[1].Options.PollTime, devices[2].Options.PollTime));
        Assert.True(devices[0].Ring.Features.HasFlag(VirtioFeatures.RingPacked));
        Assert.False(devices[2].Ring.Features.HasFlag(VirtioFeatures.EventIndex));
    }

    [Theory]
    [InlineData("[", "line 1, byte 2: ")]
    [InlineData("[]", "it names no device")]
    [InlineData("5", "give an array of devices")]
    [InlineData("""{"devices": [], "more": 1}""", "'more' (1) is not known")]
    [InlineData("[7]", "devices[0]: 7 is no device")]
    [InlineData("[{}]", "devices[0]: it has no 'type'")]
    [InlineData("""[{"type": "net"}]""", "devices[0]: 'type' (\"net\") is none of block, console, entropy")]
    [InlineData(
        """[{"type": "entropy", "socket": "a"}, {"type": "entropy", "socket": "b", "speed": 3}]""",
        "devices[1]: entropy: 'speed' (3) is not known; give socket, socket-mode, socket-group, fd, connect, packed,")]
    [InlineData("""[{"type": "block", "socket": "a", "disk": "mem:1M", "queues": 0}]""", "devices[0]: block: queues 0: give 1 to 256")]
    [InlineData("""[{"type": "block", "socket": "a", "disk": "mem:1M", "packed": "maybe"}]""", "'packed=maybe' is neither")]
    [InlineData(
        """[{"type": "block", "socket": "a", "disk": "mem:1M", "packed": true}]""",
        "'packed' (true) is no value; give text or a number")]
    [InlineData(
        """[{"type": "block", "socket": "a", "disk": "mem:1M", "read-only": "yes"}]""",
        "'read-only' (\"yes\") is no value; give true or false")]
    [InlineData("""[{"type": "block", "socket": "a", "disk": "mem:1X"}]""", "devices[0]: block: disk mem:1X: 'X' is no unit")]
    [InlineData("""[{"type": "block", "socket": "a", "print-capabilities": true}]""", "'print-capabilities' (true) is not known")]
    [InlineData(
        """[{"type": "entropy"}]""",
        "devices[0]: entropy: no place to meet the front-end was given; give socket PATH, fd NUMBER or connect PATH")]
    [InlineData("""[{"type": "entropy", "socket": "a", "fd": 5}]""", "devices[0]: entropy: give one of socket, fd and connect")]
    [InlineData("""[{"type": "entropy", "socket": "a", "socket": "b"}]""", "Duplicate property 'socket'")]
    [InlineData(
        """[{"type": "entropy", "fd": 5}, {"type": "entropy", "socket": "a"}, {"type": "console", "fd": 5}]""",
        "devices[2]: fd 5 is what devices[0] has")]
    [InlineData("""[{"type": "console", "socket": "a"}, {"type": "console", "socket": "b"}]""", "devices[1]: stdio is what devices[0] has")]
    public void What_cannot_be_is_refused_with_the_device_the_name_and_the_value(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Read(json)).Message);

    [Fact]
    public async Task All_devices_of_a_file_are_served_until_one_signal_ends_them()
    {
        string disk = Path.Combine(_folder, "disk");
        string entropy = Path.Combine(_folder, "entropy");
        string config = Write(
            $$"""[{"type": "block", "socket": "{{disk}}", "disk": "mem:1M", "queues": 2}, {"type": "entropy", "socket": "{{entropy}}"}]""");
        using CommandProcess process = CommandProcess.Start("serve", "--config", config);
        await process.WaitForErrorAsync($"{disk}: Block: waiting for a front-end");
        await process.WaitForErrorAsync($"{entropy}: Entropy: waiting for a front-end");
        await using (var first = new Frontend(DeviceId.Block, disk))
        {
            await using var second = new Frontend(DeviceId.Entropy, entropy);
            Assert.Equal(2, first.Driver.QueueCount);
            Assert.Equal(BlockResult.Ok, new BlockDriver(first.Driver).Write(0, new byte[512]));
            Assert.NotEmpty(new EntropyDriver(second.Driver).Read(16));

            process.Signal(CommandProcess.User1);
            await process.WaitForErrorAsync($"  1  {disk}\nvirtio: Entropy      0  ");
            await process.WaitForErrorAsync($"  1  {entropy}\n");
        }

        process.Signal(CommandProcess.Terminate);
        Assert.Equal(ExitStatus.Success, (await process.EndAsync()).Status);
        Assert.Equal(["config.json"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("\"disk\": \"/no/such/disk\", \"socket\": \"FOLDER/second\"", "/no/such/disk", false)]
    [InlineData("\"disk\": \"mem:1M\", \"socket\": \"/no/such/folder/second\"", "/no/such/folder", true)]
    public async Task Where_one_device_cannot_be_served_nothing_is_left_of_the_others(string second, string expected, bool mayHaveListened)
    {
        string config = Write(
            $$"""[{"type": "console", "socket": "FOLDER/first", "console": "unix:FOLDER/console"}, {"type": "block", {{second}}}]"""
                .Replace("FOLDER", _folder, StringComparison.Ordinal));

        (int status, _, string error) = await CommandProcess.RunAsync("serve", "--config", config);

        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(expected, lines[^1]);
        if (!mayHaveListened)
            Assert.Single(lines);
        Assert.Equal(ExitStatus.Failure, status);
        Assert.Equal(["config.json"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    private IReadOnlyList<ServedDevice> Read(string json) =>
        new ServeConfigFile(Write(json), [new ServeBlockCommand(), new ServeConsoleCommand(), new ServeEntropyCommand()]).Read();

    private string Write(string json)
    {
        string path = Path.Combine(_folder, "config.json");
        File.WriteAllText(path, json);
        return path;
    }
}
