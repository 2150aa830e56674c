using System.CommandLine;
using System.Text.Json;

namespace Virtio.Cli.Serving;

/// <summary>One device of a --config file. It is turned into a command line and parsed as one, so that the same rules apply.</summary>
internal sealed class ServeConfigEntry(JsonElement entry, IReadOnlyList<ServeDeviceCommand> kinds)
{
    private const string Type = "type";
    private const string Dashes = "--";

    /// <exception cref="UsageException">The entry is not valid; the message says what is wrong.</exception>
    internal ServedDevice Read()
    {
        if (entry.ValueKind != JsonValueKind.Object)
            throw new UsageException($"{entry.GetRawText()} is no device; give an object");
        ServeDeviceCommand kind = FindKind();
        try
        {
            ParseResult result = kind.Parse([.. CommandLine(kind)], VirtioCommand.Configuration);
            return result.Errors is [{ Message: string wrong }, ..] ? throw new UsageException(wrong) : kind.Read(result);
        }
        catch (CommandException e)
        {
            throw new UsageException($"{kind.Name}: {WithoutDashes(e.Message, kind)}", e);
        }
    }

    // Messages name options with dashes; in a file the names have none.
    private static string WithoutDashes(string message, Command kind) =>
        kind.Options.Aggregate(message, (text, option) => text.Replace(option.Name, NameOf(option), StringComparison.Ordinal));

    private static string NameOf(Symbol option) => option.Name.TrimStart('-');

    private ServeDeviceCommand FindKind()
    {
        string known = string.Join(", ", kinds.Select(kind => kind.Name));
        if (!entry.TryGetProperty(Type, out JsonElement type))
            throw new UsageException($"it has no '{Type}'; give one of {known}");
        return kinds.FirstOrDefault(kind => type.ValueKind == JsonValueKind.String && type.ValueEquals(kind.Name))
            ?? throw new UsageException($"'{Type}' ({type.GetRawText()}) is none of {known}");
    }

    private IEnumerable<string> CommandLine(ServeDeviceCommand kind)
    {
        // The command's name must come first: the parser removes the first word if it ends like the command's name, such as a path.
        yield return kind.Name;
        var last = new List<string>();
        foreach (JsonProperty property in entry.EnumerateObject().Where(property => property.Name != Type))
        {
            if (kind.Arguments.Any(argument => argument.Name == property.Name))
                last.Add(ValueOf(property));
            else if (kind.Settings.FirstOrDefault(option => IsCalled(option, property.Name)) is not { } option)
                throw Unknown(property, kind);
            else
                yield return $"{option.Name}={(option.ValueType == typeof(bool) ? Flag(property) : ValueOf(property))}";
        }

        // After "--" a value is not taken for an option, even where it begins with a dash.
        yield return Dashes;
        foreach (string value in last)
            yield return value;
    }

    private static bool IsCalled(Option option, string name) => option.Name == Dashes + name || option.Aliases.Contains(Dashes + name);

    private static UsageException Unknown(JsonProperty property, ServeDeviceCommand kind)
    {
        string known = string.Join(", ", kind.Arguments.Concat<Symbol>(kind.Settings).Select(NameOf));
        return new($"'{property.Name}' ({property.Value.GetRawText()}) is not known; give {known}");
    }

    private static string Flag(JsonProperty property) => property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? property.Value.GetRawText()
        : throw new UsageException($"'{property.Name}' ({property.Value.GetRawText()}) is no value; give true or false");

    private static string ValueOf(JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.String when property.Value.GetString() is { Length: > 0 } text => text,
        JsonValueKind.Number => property.Value.GetRawText(),
        _ => throw new UsageException($"'{property.Name}' ({property.Value.GetRawText()}) is no value; give text or a number"),
    };
}
