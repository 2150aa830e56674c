using System.Globalization;

namespace Virtio.Cli.Arguments;

/// <summary>
/// Sizes as users write them: 512M, 1.5G, 1GB, 1gib, 65536. Units are powers of 1024 in every spelling, as in docker and QEMU.
/// </summary>
internal static class ByteSize
{
    private const string Units = "KMGT";

    /// <summary>Parses a size in bytes, greater than 0.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">The size.</param>
    /// <param name="fault">Which part is wrong and why, for messages; empty on success.</param>
    internal static bool TryParse(string text, out long bytes, out string fault)
    {
        bytes = 0;
        string unit = text.TrimStart([.. "0123456789."]);
        string number = text[..^unit.Length];
        if (number.Length == 0)
            fault = text.Length == 0 ? "the size is empty" : $"'{text}' does not begin with a number";
        else if (ShiftOf(unit) is not { } shift)
            fault = $"'{unit}' is no unit; give K, M, G or T";
        else if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal count))
            fault = number.Count(letter => letter == '.') > 1 || number == "." ? $"'{number}' is no number" : $"{number} is too large";
        else
            fault = Scale(text, number, count, shift, out bytes);
        return fault.Length == 0;
    }

    /// <summary>Formats a size for messages, such as "1 GiB".</summary>
    internal static string Format(long bytes)
    {
        int unit = 0;
        double value = bytes;
        for (; value >= 1024 && unit < Units.Length; unit++)
            value /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {(unit == 0 ? "bytes" : Units[unit - 1] + "iB")}");
    }

    private static string Scale(string text, string number, decimal count, int shift, out long bytes)
    {
        bytes = 0;
        if (count == 0)
            return "the size is zero";
        if (count > (decimal)long.MaxValue / (1L << shift))
            return $"{number} is too large";
        decimal scaled = count * (1L << shift);
        if (scaled != decimal.Truncate(scaled))
            return $"{text} is no whole number of bytes";
        bytes = (long)scaled;
        return "";
    }

    /// <summary>The number of bits that a unit shifts by; null for an unknown unit.</summary>
    private static int? ShiftOf(string unit)
    {
        string name = unit.ToUpperInvariant();
        if (name is "" or "B")
            return 0;
        int index = Units.IndexOf(name[0]);
        return index >= 0 && name[1..] is "" or "B" or "IB" ? 10 * (index + 1) : null;
    }
}
