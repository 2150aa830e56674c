using System.Text.Json;

namespace Virtio.Cli.Serving;

/// <summary>
/// The devices of a --config file: a JSON array, or an object whose only member <c>devices</c> is one. Each device is an object with a
/// <c>type</c>, which is the name of a command of <c>virtio serve</c>, and the options of that command by their names.
/// </summary>
internal sealed class ServeConfigFile(string path, IReadOnlyList<ServeDeviceCommand> kinds)
{
    private const string Devices = "devices";

    private static readonly JsonDocumentOptions Leniently = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        AllowDuplicateProperties = false,
    };

    /// <exception cref="CommandException">The file cannot be read or is not valid; the message says what is wrong, and where.</exception>
    internal IReadOnlyList<ServedDevice> Read()
    {
        using JsonDocument document = Parse();
        JsonElement[] entries = [.. Entries(document.RootElement).EnumerateArray()];
        if (entries.Length == 0)
            throw Refuse("it names no device");
        ServedDevice[] devices = [.. entries.Select(Read)];
        RefuseRepeated(devices, device => device.Options.Place);
        RefuseRepeated(devices, device => device.HasStandardStreams ? "stdio" : null);
        return devices;
    }

    private static string NameOf(int index) => $"{Devices}[{index}]";

    private JsonDocument Parse()
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path), Leniently);
        }
        catch (JsonException e)
        {
            string place = e.LineNumber is { } line ? $"line {line + 1}, byte {e.BytePositionInLine + 1}: " : "";
            throw Refuse(place + e.Message.Split(" LineNumber:")[0], e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string reason = Directory.Exists(path) ? "it is a directory; give a file"
                : File.Exists(path) ? Faults.Reason(e)
                : "there is no such file";
            throw new CommandException($"--config {path}: {reason}", e);
        }
    }

    private JsonElement Entries(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty member in root.EnumerateObject().Where(member => member.Name != Devices))
                throw Refuse($"'{member.Name}' ({member.Value.GetRawText()}) is not known; give '{Devices}' alone");
            if (root.TryGetProperty(Devices, out JsonElement entries))
                root = entries;
        }

        const string Example = """[{"type": "block", "socket": "/run/disk.sock", "disk": "disk.img"}]""";
        return root.ValueKind == JsonValueKind.Array ? root : throw Refuse($"give an array of devices, as in {Example}");
    }

    private ServedDevice Read(JsonElement entry, int index)
    {
        try
        {
            return new ServeConfigEntry(entry, kinds).Read();
        }
        catch (CommandException e)
        {
            throw Refuse($"{NameOf(index)}: {e.Message}", e);
        }
    }

    private void RefuseRepeated(ServedDevice[] devices, Func<ServedDevice, string?> use)
    {
        foreach (IGrouping<string?, int> group in devices.Index().GroupBy(device => use(device.Item), device => device.Index))
        {
            if (group.Key is { } used && group.ToArray() is [int first, int second, ..])
                throw Refuse($"{NameOf(second)}: {used} is what {NameOf(first)} has; give another");
        }
    }

    private UsageException Refuse(string reason, Exception? inner = null) => new($"--config {path}: {reason}", inner);
}
