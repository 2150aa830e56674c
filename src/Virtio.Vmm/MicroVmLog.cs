using Microsoft.Extensions.Logging;

namespace Virtio.Vmm;

/// <summary>The log events of a machine.</summary>
internal static partial class MicroVmLog
{
    [LoggerMessage(
        3001,
        LogLevel.Information,
        "a {Machine} machine with {ProcessorCount} processors and {MemorySize} bytes of memory runs {Kernel}")]
    public static partial void Started(ILogger logger, MicroVmMachine machine, int processorCount, long memorySize, BootSource kernel);

    [LoggerMessage(3002, LogLevel.Information, "the machine ended: {Reason}")]
    public static partial void Ended(ILogger logger, MicroVmExitReason reason);

    [LoggerMessage(3003, LogLevel.Warning, "the guest's kernel panicked: {Message}")]
    public static partial void Panicked(ILogger logger, string? message);

    [LoggerMessage(3004, LogLevel.Error, "the machine failed")]
    public static partial void Failed(ILogger logger, Exception? failure);

    [LoggerMessage(3005, LogLevel.Warning, "the stream for the serial port's output failed; the output is dropped from now on")]
    public static partial void SerialOutputFailed(ILogger logger, Exception failure);

    [LoggerMessage(3006, LogLevel.Warning, "the stream for the serial port's input failed; the port reads nothing from now on")]
    public static partial void SerialInputFailed(ILogger logger, Exception failure);
}
