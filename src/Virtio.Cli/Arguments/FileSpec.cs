namespace Virtio.Cli.Arguments;

/// <summary>
/// A file for the guest on the command line: <c>HOST:GUEST</c>, then <c>:MODE</c> in octal digits. The text before the last <c>:/</c> is
/// the host's path.
/// </summary>
/// <param name="Host">A path or a URL.</param>
/// <param name="Guest">The absolute path in the guest.</param>
/// <param name="Mode">Its permissions; null for those of the host's file.</param>
internal sealed record FileSpec(string Host, string Guest, UnixFileMode? Mode)
{
    private const int MaxMode = 0xfff;

    /// <exception cref="UsageException">The text is not a file; the message names it.</exception>
    internal static FileSpec Parse(string text)
    {
        int colon = text.LastIndexOf(":/", StringComparison.Ordinal);
        string guest = colon < 0 ? "" : text[(colon + 1)..];

        // Here the last ":/" of a URL without a guest path is followed by another slash.
        if (colon <= 0 || guest.StartsWith("//", StringComparison.Ordinal))
        {
            throw new UsageException(
                $"--file {text}: give a file of this host and its path in the guest, as in tool:/usr/bin/tool, "
                + "and maybe its mode, as in tool:/usr/bin/tool:755");
        }

        string[] parts = guest.Split(':', 2);
        if (parts[0].Split('/').Skip(1).Any(part => part is "" or "." or ".."))
        {
            throw new UsageException(
                $"--file {text}: '{parts[0]}' is no path of a file; give one such as /usr/bin/tool, without '.', '..' and empty parts");
        }

        return new FileSpec(text[..colon], parts[0], parts.Length == 1 ? null : ParseMode(text, parts[1]));
    }

    private static UnixFileMode ParseMode(string text, string mode) =>
        mode.Length is 3 or 4 && mode.All(digit => digit is >= '0' and <= '7')
            ? (UnixFileMode)(Convert.ToInt32(mode, 8) & MaxMode)
            : throw new UsageException($"--file {text}: '{mode}' is no mode; give three or four octal digits, as in 755");
}
