using Microsoft.Extensions.Logging;

namespace Virtio.Devices.Console;

internal static partial class ConsoleLog
{
    [LoggerMessage(301, LogLevel.Warning, "the console's output stream failed; what the guest writes is discarded from here on: {Reason}")]
    internal static partial void OutputFailed(ILogger logger, string reason, Exception exception);

    [LoggerMessage(302, LogLevel.Warning, "the console's input stream failed; nothing more comes from it: {Reason}")]
    internal static partial void InputFailed(ILogger logger, string reason, Exception exception);
}
