using System.Text;

namespace Virtio.Vmm.Images;

/// <summary>Paths in a guest as archives store them: without a leading slash.</summary>
internal static class GuestPath
{
    /// <summary>A path without leading slashes and dots.</summary>
    /// <exception cref="ArgumentException">An archive cannot have an entry of that name.</exception>
    internal static string Normalize(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string name = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path.TrimStart('/');
        if (name.Split('/').Any(part => part is "" or "." or ".."))
        {
            throw new ArgumentException(
                $"'{path}' is no path in the guest; give one such as /usr/bin/tool, without '.', '..' and empty parts",
                nameof(path));
        }

        if (name.Contains('\0', StringComparison.Ordinal) || name == CpioHeader.Trailer)
            throw new ArgumentException($"no file in the guest can have the name '{name.Replace('\0', ' ')}'", nameof(path));
        return Encoding.UTF8.GetByteCount(name) <= CpioWriter.MaxNameLength
            ? name
            : throw new ArgumentException($"the path '{name[..40]}...' is longer than {CpioWriter.MaxNameLength} bytes", nameof(path));
    }
}
