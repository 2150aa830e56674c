using System.Globalization;

namespace Virtio.Cli.Arguments;

/// <summary>
/// Times as users write them, as in timeout(1): a number, then s, m, h or d for seconds (the default), minutes, hours, days; and ms.
/// </summary>
internal static class Duration
{
    // The longest time of a timer in .NET, rounded down.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    /// <param name="option">Name of the option, for messages.</param>
    /// <param name="text">The value.</param>
    /// <exception cref="UsageException">The text is not a time; the message says which part is wrong.</exception>
    internal static TimeSpan Parse(string option, string text)
    {
        string unit = text.TrimStart([.. "0123456789."]);
        string number = text[..^unit.Length];
        if (number.Length == 0)
            throw Refuse(text.Length == 0 ? "the time is empty" : $"'{text}' does not begin with a number");
        double scale = unit switch
        {
            "ms" => 0.001,
            "" or "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86400,
            _ => throw Refuse($"'{unit}' is no unit; give ms, s, m, h or d"),
        };
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count))
            throw Refuse($"'{number}' is no number");
        double seconds = count * scale;
        if (seconds < 0.001 || seconds > Longest.TotalSeconds)
            throw Refuse($"give 1ms to {Longest.TotalDays:0}d");
        return TimeSpan.FromSeconds(seconds);

        UsageException Refuse(string why) => new($"{option} {text}: {why}");
    }
}
