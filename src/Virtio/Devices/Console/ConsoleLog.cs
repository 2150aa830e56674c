using Microsoft.Extensions.Logging;

namespace Virtio.Devices.Console;

internal static partial class ConsoleLog
{
    [LoggerMessage(301, LogLevel.Warning, "the console's output stream failed; what the guest writes is discarded from here on: {Reason}")]
    internal static partial void OutputFailed(ILogger logger, string reason, Exception exception);

    [LoggerMessage(302, LogLevel.Warning, "the console's input stream failed; nothing more comes from it: {Reason}")]
    internal static partial void InputFailed(ILogger logger, string reason, Exception exception);

    [LoggerMessage(303, LogLevel.Information,
        "the driver does not accept VIRTIO_CONSOLE_F_MULTIPORT and cannot say when it takes input: it is held back for up to {Seconds} s")]
    internal static partial void InputIsHeld(ILogger logger, double seconds);

    [LoggerMessage(304, LogLevel.Warning, "the console's driver {What}; further messages of this kind are not logged")]
    internal static partial void DriverComplained(ILogger logger, string what);
}
