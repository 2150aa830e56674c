using System.Net.Sockets;
using Virtio.Storage;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>Turns what went wrong into one line and an exit status.</summary>
internal static class Faults
{
    internal static int Report(Exception fault)
    {
        StandardError.WriteFault(Describe(fault));
        if (StandardError.WantsDetails)
            StandardError.WriteLine(fault.ToString());
        return IsUsage(fault) ? ExitStatus.Usage : ExitStatus.Failure;
    }

    // What the library refuses as an argument came from the command line.
    private static bool IsUsage(Exception fault) => fault is UsageException or ArgumentException;

    /// <summary>A message of the runtime in the style of this command's own: lower case, no full stop.</summary>
    internal static string Reason(Exception fault)
    {
        string message = fault.Message.TrimEnd('.');

        // Not a name or an abbreviation, such as "KVM".
        return message.Length > 1 && char.IsUpper(message[0]) && char.IsLower(message[1]) ? char.ToLowerInvariant(message[0]) + message[1..] : message;
    }

    private static string Describe(Exception fault) => fault switch
    {
        // These are written for people already.
        CommandException or BootException or PlatformNotSupportedException or StorageException => fault.Message,
        IOException or UnauthorizedAccessException or SocketException => Reason(fault),
        ArgumentException argument => argument.ParamName is null ? argument.Message : argument.Message.Replace($" (Parameter '{argument.ParamName}')", "", StringComparison.Ordinal),
        OutOfMemoryException => "this host has not enough memory; give the guest less with --memory",
        _ => $"internal fault, please report it with what VIRTIO_DEBUG=1 shows: {fault.GetType().Name}: {fault.Message}",
    };
}
