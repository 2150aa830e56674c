using Microsoft.Extensions.Logging;

namespace Virtio.Devices.Block;

internal static partial class BlockLog
{
    [LoggerMessage(201, LogLevel.Error, "{Type} at sector {Sector} failed: {Reason}")]
    internal static partial void RequestFailed(ILogger logger, BlockRequestType type, ulong sector, string reason, Exception exception);

    [LoggerMessage(202, LogLevel.Error, "further errors of this disk are not logged")]
    internal static partial void NoFurtherErrors(ILogger logger);
}
