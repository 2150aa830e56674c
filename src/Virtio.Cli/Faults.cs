using System.Net.Sockets;
using Virtio.Storage;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>Turns an exception into one line and an exit status.</summary>
internal static class Faults
{
    internal static int Report(Exception fault)
    {
        StandardError.WriteFault(Describe(fault));
        if (StandardError.WantsDetails)
            StandardError.WriteLine(fault.ToString());
        return IsUsage(fault) ? ExitStatus.Usage : ExitStatus.Failure;
    }

    // The library's argument exceptions are caused by values of the command line.
    private static bool IsUsage(Exception fault) => fault is UsageException or ArgumentException;

    /// <summary>A message of the runtime in this command's style: lower case, no full stop.</summary>
    internal static string Reason(Exception fault)
    {
        string message = fault.Message.TrimEnd('.');

        // Not where the message begins with a name or an abbreviation, such as "KVM".
        bool isSentence = message.Length > 1 && char.IsUpper(message[0]) && char.IsLower(message[1]);
        return isSentence ? char.ToLowerInvariant(message[0]) + message[1..] : message;
    }

    private static string Describe(Exception fault) => fault switch
    {
        // The messages of these are written for users.
        CommandException or BootException or PlatformNotSupportedException or StorageException => fault.Message,
        IOException or UnauthorizedAccessException or SocketException => Reason(fault),
        ArgumentException { ParamName: { } name } => fault.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        ArgumentException => fault.Message,
        OutOfMemoryException => "this host has not enough memory; give the guest less with --memory",
        _ => $"internal fault, please report it with what VIRTIO_DEBUG=1 shows: {fault.GetType().Name}: {fault.Message}",
    };
}
