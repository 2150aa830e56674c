using System.Text;

namespace Virtio.Devices.Console;

/// <summary>The rule for names of ports: each is a file name in the guest.</summary>
internal static class ConsolePortName
{
    internal const int LongestBytes = 64;

    /// <exception cref="ArgumentException">The name cannot be that of a port.</exception>
    internal static string? Check(string? name)
    {
        if (name is null)
            return null;
        bool hasLength = Encoding.UTF8.GetByteCount(name) is >= 1 and <= LongestBytes;
        return hasLength && name is not ("." or "..") && !name.Any(letter => letter == '/' || char.IsControl(letter))
            ? name
            : throw new ArgumentException(
                $"'{name}' cannot be the name of a port: give 1 to {LongestBytes} bytes of UTF-8 without '/' and control characters",
                nameof(name));
    }
}
