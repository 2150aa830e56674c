using System.Globalization;

namespace Virtio.Cli.Arguments;

/// <summary>Sizes as people write them: 512M, 1G, 65536.</summary>
internal static class ByteSize
{
    private const string Units = "KMGT";

    /// <summary>Reads a size in bytes, more than 0.</summary>
    internal static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        string number = text.EndsWith("iB", StringComparison.OrdinalIgnoreCase) ? text[..^2] : text;
        int unit = number.Length > 0 ? Units.IndexOf(char.ToUpperInvariant(number[^1])) : -1;
        if (unit >= 0)
            number = number[..^1];
        else if (number.Length != text.Length)
            return false;
        int shift = 10 * (unit + 1);
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count < 1 || count > long.MaxValue >> shift)
            return false;
        bytes = count << shift;
        return true;
    }

    /// <summary>Writes a size as a person would, as in "1 GiB".</summary>
    internal static string Format(long bytes)
    {
        int unit = 0;
        double value = bytes;
        for (; value >= 1024 && unit < Units.Length; unit++)
            value /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {(unit == 0 ? "bytes" : Units[unit - 1] + "iB")}");
    }
}
