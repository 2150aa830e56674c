using Microsoft.Extensions.Logging;

namespace Virtio.Devices.Block;

internal static partial class BlockLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Type} at sector {Sector} failed: {Reason}")]
    internal static partial void RequestFailed(ILogger logger, BlockRequestType type, ulong sector, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Further errors of this disk are not logged")]
    internal static partial void NoFurtherErrors(ILogger logger);
}
